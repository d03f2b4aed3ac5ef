"""The operator's own limits, and what cannot be meant."""

from pathlib import Path

import pytest

from kgservice.errors import Unusable
from kgservice.model.limits import LIMITS
from kgservice.services.query_limits import read_limits


def test_without_a_file_the_table_holds() -> None:
    assert read_limits(None) == LIMITS


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "limits.toml"
    file.write_text("[reader]\nseconds = 2.5\nrows = 10\n[admin]\nrequests_per_minute = 1e6\n")
    limits = read_limits(file)
    assert (limits["reader"].seconds, limits["reader"].rows) == (2.5, 10)
    assert limits["reader"].nesting == LIMITS["reader"].nesting and limits["editor"] == LIMITS["editor"]
    assert limits["admin"].requests_per_minute == 1_000_000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[guest]\nrows = 1", "'guest' is not a section"),
        ("reader = 1", "'reader' is not a section"),
        ("[reader]\nrow = 1", "there is no limit 'row'"),
        ("[reader]\nrows = 0", "not a whole number above 0"),
        ("[reader]\nrows = 1.5", "not a whole number above 0"),
        ("[reader]\nseconds = true", "not a number above 0"),
        ("[reader]\nseconds = inf", "not a number above 0"),
        ("[reader]\nseconds = 'x'", "not a number above 0"),
        ("[reader]\nquery_bytes = 99999999", "query_bytes can be"),
        ("[reader", "cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "limits.toml"
    file.write_text(text)
    with pytest.raises(Unusable, match=told.replace("[", r"\[")):
        read_limits(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be read"):
        read_limits(tmp_path / "none.toml")
