"""How what is asked with a request is read: query parameters and small bodies, with faults told in our own words.

What each route takes is in `parameters.py`.
"""

from typing import Any

import flask_smorest
from marshmallow import Schema, ValidationError, fields, validate
from webargs.fields import DelimitedList
from webargs.flaskparser import FlaskParser

from kgservice.api.query_strings import not_utf8

OWN_WORDS = {
    "Missing data for required field.": "is missing",
    "Field may not be null.": "is null",
    "Not a valid integer.": "is not a whole number",
    "Not a valid string.": "is not a text",
    "Not a valid boolean.": "is neither true nor false",
}
"""What is said in the place of marshmallow's sentences."""


class Form(Schema):
    """What is read of a request. Faults are told in our own words, with an example where something is missing."""

    error_messages = {"unknown": "is not a parameter of this route"}  # noqa: RUF012 - marshmallow reads it so

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Give a field its words."""
        told = field_obj.error_messages
        told.update({key: OWN_WORDS[text] for key, text in told.items() if isinstance(text, str) and text in OWN_WORDS})
        if example := field_obj.metadata.get("example"):
            shown = ",".join(example) if isinstance(example, list) else example
            told["required"] = f"is missing; such as {field_obj.data_key or field_name}={shown}"


class Body(Form):
    """A small JSON document."""

    error_messages = {"unknown": "is no key of this document"}  # noqa: RUF012


class Extent(validate.Length):
    """How many characters or items there are; no more than one fault is told of it."""

    def __init__(self, least: int, most: int, what: str) -> None:
        super().__init__(least, most)
        self.what = what

    def __call__(self, value: Any) -> Any:
        """The value; `ValidationError` if it is too short or too long."""
        if len(value) < (self.min or 0):
            raise ValidationError("is empty")
        if self.max is not None and len(value) > self.max:
            raise ValidationError(f"has {len(value)} {self.what}; {self.max} are allowed")
        return value


class Shape(validate.Regexp):
    """A pattern that the whole value has; `$` alone would pass over a line break at the end. `Extent` tells of ''."""

    def __call__(self, value: Any) -> Any:
        """The value; `ValidationError` if it does not have the shape."""
        if value and not self.regex.fullmatch(value):
            raise ValidationError(self._format_error(value))
        return value


class QueryParser(FlaskParser):
    """Reads query parameters. One that is repeated adds to a list; it is a fault where one value is asked for.

    Pages take the first of several, and pass over what is not UTF-8: trackers and hand-made links must not break them.
    """

    def load_querystring(self, req: Any, schema: Schema) -> dict[str, str]:
        """The parameters by name, each once; `ValidationError` names those that cannot be read so."""
        lists = {field.data_key or name for name, field in schema.fields.items() if isinstance(field, DelimitedList)}
        given = dict(req.args.lists())
        if req.path.startswith("/api/"):
            twice = [name for name, values in given.items() if len(values) > 1 and name not in lists]
            faults = {name: [f"is given {len(given[name])} times"] for name in twice}
            faults |= {name: ["is not UTF-8, percent-encoded"] for name in not_utf8(req.query_string)}
            if faults:
                raise ValidationError(faults)
        return {name: ",".join(values) if name in lists else values[0] for name, values in given.items()}


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A family of routes; its parameters are read by `QueryParser`."""

    ARGUMENTS_PARSER = QueryParser()


class Whole(fields.Integer):
    """A whole number in plain digits; Python's `int` reads `1_0` and digits of other scripts, too."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not (isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit()):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)
