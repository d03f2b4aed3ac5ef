"""Tokens: secrets of 256 bits that let their bearers write. Only their digests are kept.

A secret of that length cannot be guessed, so a plain digest guards it. Each request with a token reads its row, so
that a revocation counts from the next request on, in every worker.
"""

import hashlib
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from kgservice.errors import Fault, Invalid, NotFound
from kgservice.model.roles import ROLES
from kgservice.model.texts import text_fault
from kgservice.store.direct import Direct
from kgservice.store.tables import token

PREFIX = "kgs_"
"""What every secret starts with, so that tools that look for leaked secrets can know one."""

NAME_MAX = 100

Opener = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret. Times are UTC in ISO 8601; `expires` and `revoked` may be None."""

    name: str
    role: str
    created: str
    expires: str | None
    revoked: str | None

    def is_valid(self, now: str) -> bool:
        """Whether it lets its bearer in at that time."""
        return self.revoked is None and (self.expires is None or now < self.expires)


def moment(time: datetime | None = None) -> str:
    """A time as tables hold it; now, if none is given."""
    return (time or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


# Asked by every write, so built once; its columns are those of `Token`, in order.
_FIND = select(*(token.c[name] for name in Token.__slots__)).where(
    token.c.digest.in_(bindparam("digests", expanding=True))
)


class Tokens:
    """The tokens of a data directory."""

    def __init__(self, direct: Direct, read: Opener, write: Opener) -> None:
        self._direct = direct
        self._read = read
        self._write = write

    def create(self, name: str, role: str, expires: datetime | None = None) -> str:
        """Make a token and return its secret, which is shown this once. `Invalid` if the name is taken or odd."""
        fault = text_fault(name, label=True) or ("is too long" if len(name) > NAME_MAX else None)
        if fault:
            raise Invalid([Fault("name", fault)])
        if role not in ROLES:
            raise Invalid([Fault("role", f"{role!r} is not one of {', '.join(ROLES)}")])
        if expires and moment(expires) <= moment():
            raise Invalid([Fault("expires", f"{moment(expires)} is past")])
        secret = PREFIX + secrets.token_urlsafe(32)
        row = {"name": name, "digest": _digest(secret), "role": role, "created": moment()}
        with self._write() as connection:
            if connection.execute(select(token.c.name).where(token.c.name == name)).first():
                raise Invalid([Fault("name", f"there is a token {name!r}; a name stays with one token for ever")])
            connection.execute(insert(token).values(**row, expires=moment(expires) if expires else None))
        return secret

    def all(self) -> list[Token]:
        """All tokens, those that are revoked too, by name."""
        with self._read() as connection:
            return [_token(row) for row in connection.execute(select(token).order_by(token.c.name))]

    def revoke(self, name: str) -> None:
        """End a token; `NotFound` if there is none with that name."""
        with self._write() as connection:
            held = connection.execute(select(token).where(token.c.name == name)).one_or_none()
            if held is None:
                raise NotFound(f"there is no token {name!r}")
            if held.revoked is None:
                connection.execute(update(token).where(token.c.name == name).values(revoked=moment()))

    def find(self, secret: str) -> Token | None:
        """The token with that secret if it is valid now; else None."""
        rows = self._direct.rows(_FIND, {"digests": [_digest(secret)]})
        found = next((Token(*row) for row in rows), None)
        return found if found and found.is_valid(moment()) else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: object) -> Token:
    return Token(*(getattr(row, name) for name in Token.__slots__))
