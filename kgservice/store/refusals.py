"""Why a query was not answered, in words for the one who asked."""

from kgservice.errors import KgError, QueryRefused, ResultTooLarge, Unavailable
from kgservice.store.workers import WorkerError


class NotAcceptable(KgError):
    """The query's answer has no form in the formats asked for. The text is `results`, `boolean` or `graph`."""


def told(error: WorkerError) -> KgError:
    """The error of the domain that a worker's answer is."""
    if error.kind == "unacceptable":
        return NotAcceptable(str(error))
    if error.kind == "too-large":
        return ResultTooLarge(f"the result {error}; ask for less, or for pieces by ORDER BY, LIMIT and OFFSET")
    if error.kind == "spool":
        return Unavailable(f"there is no room for the result: {error}")
    return QueryRefused(str(error))
