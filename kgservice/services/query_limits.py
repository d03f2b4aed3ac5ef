"""Limits of queries as the operator wants them: a TOML file with a section for each role that differs."""

import math
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from kgservice.errors import Unusable
from kgservice.model.limits import LIMITS, QUERY_BYTES_MAX, Limits


def read_limits(path: Path | None) -> dict[str, Limits]:
    """The limits of each role: those of the table, but for what a TOML file says otherwise in a section by role.

    `Unusable` names a role or a limit that does not exist, and a value that is no positive number.
    """
    limits = dict(LIMITS)
    if path is None:
        return limits
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} cannot be read: {error}") from error
    for role, values in told.items():
        if role not in limits or not isinstance(values, dict):
            raise Unusable(f"{path}: {role!r} is not a section for one of the roles {', '.join(limits)}")
        limits[role] = _changed(limits[role], values, f"{path}, [{role}]")
    return limits


def _changed(limits: Limits, values: dict[str, Any], where: str) -> Limits:
    whole = {one.name: one.type is int for one in fields(limits)}
    for name, value in values.items():
        if name not in whole:
            raise Unusable(f"{where}: there is no limit {name!r}; there are {', '.join(whole)}")
        number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        if not number or isinstance(value, bool) or value <= 0 or (whole[name] and not isinstance(value, int)):
            raise Unusable(f"{where}: {name} = {value!r} is not a {'whole ' if whole[name] else ''}number above 0")
    if values.get("query_bytes", 0) > QUERY_BYTES_MAX:
        raise Unusable(f"{where}: query_bytes can be {QUERY_BYTES_MAX} at most")
    return replace(limits, **values)
