"""What can go wrong, in the words of the domain.

KgError
├── NotFound            no such term
├── Invalid             a document or a parameter breaks rules; carries every fault at once
├── QueryRefused        a SPARQL query that will not be run, or cannot be
│   └── UpdateRefused   a SPARQL update
├── TooLarge            a body over its limit
│   └── ResultTooLarge  a query's result over its limit
├── NotSupported        this installation cannot do it; says what is missing
├── Unavailable         cannot be answered now; says when to come back
│   ├── QueryTimedOut   the query was ended at its deadline
│   └── OverBudget      the client has spent what it may, for now
└── Unusable            the data directory or an input file cannot be used as it is

No class here knows HTTP; `kgservice.api.problems` gives each its status.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where (a field path such as `prefLabel.ja`, a parameter) and what."""

    field: str
    message: str


class KgError(Exception):
    """The root of all errors that a caller can do something about. The text says what and what to do."""


class NotFound(KgError):
    """Nothing has that name here."""


class Gone(NotFound):
    """What had that name was removed."""


class Unauthenticated(KgError):
    """The request needs a token and has none that is valid."""


class Forbidden(KgError):
    """The token's role does not allow this."""


class PreconditionRequired(KgError):
    """A write has to say what it was made from."""


class PreconditionFailed(KgError):
    """The term is not what the write was made from; `revision` is what it is at now, None if there is no term."""

    def __init__(self, message: str, revision: int | None) -> None:
        super().__init__(message)
        self.revision = revision


class Malformed(KgError):
    """A request body cannot be read at all."""


class UnsupportedBody(KgError):
    """A request body is of a kind that is not read here."""


class Invalid(KgError):
    """The input breaks rules; `faults` names all of them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in faults))
        self.faults = faults


class QueryRefused(KgError):
    """The query is malformed, or asks for something that this endpoint does not do."""


class UpdateRefused(QueryRefused):
    """What was sent as a query, or beside one, is an update."""


class TooLarge(KgError):
    """A request body is over its limit."""


class ResultTooLarge(TooLarge):
    """A query has more of a result than is sent in one answer. Nothing of it is sent."""


class NotSupported(KgError):
    """This installation lacks what it needs for that; the text says what to install."""


class Unavailable(KgError):
    """It cannot be answered now; try again after `retry_after` seconds."""

    def __init__(self, message: str, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StorageFull(KgError):
    """The disk has no room for a write; nothing was changed, and reads go on."""


class QueryTimedOut(Unavailable):
    """The query ran into its deadline and was ended."""


class OverBudget(Unavailable):
    """The client has spent what it may in a minute, or has too many queries under way."""


class Unusable(KgError):
    """A data directory or an input file cannot be used; nothing was changed."""
