"""The language of the interface (headings, buttons, notices), apart from the language of the content.

English is in the templates; other languages are gettext catalogues in `locales/`. The address says which by `ui`, else
`Accept-Language`, else the content's own language; nothing else, so that pages can be kept by address and headers.
"""

import io
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, request
from markupsafe import Markup

from kgservice.api.negotiation import asked_languages
from kgservice.diagrams.words import ENGLISH, Words
from kgservice.errors import Invalid
from kgservice.model.languages import Languages, same_writing

LOCALES = Path(__file__).parent / "locales"

INTERFACE = ("en", *sorted(path.stem for path in LOCALES.glob("*.po")))
"""The languages that the interface has."""


def register(app: Flask) -> None:
    """Have templates translate their own words."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _catalogue(interface_language()).ugettext(text),
        lambda one, many, n: _catalogue(interface_language()).ungettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.filters["day"] = _day


def interface_language() -> str:
    """The language that the current request's page is to speak."""
    if "interface" not in g:
        wanted = request.args.get("ui", "")
        asked = (wanted,) if wanted in INTERFACE else (*asked_languages(None), *_content_languages())
        g.interface = Languages(asked, INTERFACE).choose(INTERFACE)
    return str(g.interface)


@lru_cache(1024)
def words_in(*tags: str) -> Words:
    """What a picture says itself, in the first of some languages that the interface has.

    Where it has none of them, a sign says that there is more, and English the rest.
    """
    asked = [tag for tag in tags if tag]
    language = next((one for tag in asked for one in INTERFACE if same_writing(tag, one)), None)
    if language is None:
        return ENGLISH._replace(more="+{} …") if asked else ENGLISH
    return Words(language, *map(_catalogue(language).ugettext, ENGLISH[1:]))


def _day(time: str) -> Markup:
    """A time as the log or a term has it (xsd:date or xsd:dateTime), as a date that people read."""
    try:
        day = date.fromisoformat(time[:10])
    except ValueError:  # XSD has years that calendars of programs do not
        return Markup("{}").format(time)
    shown = format_date(day, "long", locale=Locale.parse(interface_language(), sep="-"))
    return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), shown)


def _content_languages() -> tuple[str, ...]:
    lang = request.args.get("lang")
    try:
        return asked_languages(lang) if lang and lang != "*" else ()
    except Invalid:  # the page that says so needs a language, too
        return ()


@cache
def _catalogue(language: str) -> NullTranslations:
    path = LOCALES / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
