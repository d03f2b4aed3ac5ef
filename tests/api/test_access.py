"""Who may do what: tokens, and every route with every method and role, as the OpenAPI document tells it."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kgservice.api.access import SAFE, role_of
from kgservice.errors import Invalid, NotFound
from kgservice.model.roles import ANYONE, ROLES, allows
from kgservice.store.store import Store
from kgservice.store.tokens import PREFIX
from tests.conftest import _app

TERM = "/api/v1/terms/logic"


@pytest.fixture(scope="module")
def open_app(seed_dir: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    import shutil

    app = _app(shutil.copytree(seed_dir, tmp_path_factory.mktemp("access") / "data"))
    yield app
    app.extensions["kgservice"].queries.close()


@pytest.fixture(scope="module")
def secrets(open_app: Flask) -> dict[str, str]:
    """A token of each role."""
    return {role: open_app.extensions["kgservice"].store.tokens.create(role, role) for role in ROLES}


def _operations(app: Flask) -> list[tuple[str, str, dict[str, Any]]]:
    document: dict[str, Any] = app.test_client().get("/openapi.json").get_json()
    return [
        (path, method.upper(), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]


def test_every_route_method_and_role(open_app: Flask, secrets: dict[str, str]) -> None:
    client, cells = open_app.test_client(), 0
    for path, method, operation in _operations(open_app):
        needed = ANYONE if method in SAFE else operation.get("x-role")
        assert needed, f"{method} {path} declares no role"
        assert bool(operation.get("security")) == (needed != ANYONE), f"{method} {path}"
        address = re.sub(r"{(\w+)}", "1", path)
        for role, secret in {**secrets, "": ""}.items():
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            status = client.open(address, method=method, headers=headers).status_code
            refused = 401 if not role else 403
            told = f"{method} {path} as {role or 'nobody'}: {status}"
            if allows(role, needed):
                assert status not in (401, 403), told
            else:
                assert status == refused, told
            cells += 1
    assert cells > 100


def test_a_route_that_declares_no_role_is_closed(open_app: Flask) -> None:
    with open_app.test_request_context(TERM, method="PUT"):
        assert role_of("terms.put_one", "PUT") == "editor"
        assert role_of("terms.get_one", "PUT") is None
        assert role_of("terms.get_one", "GET") == ANYONE


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer kgs_wrong", "Bearer " + "x" * 5000])
def test_what_is_no_token_is_told_so(open_app: Flask, header: str) -> None:
    response = open_app.test_client().put(TERM, json={}, headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_ends_when_it_is_revoked_or_expires(
    store: Store, client_of: Callable[[Store], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(store)

    def status(secret: str) -> int:
        headers = {"Authorization": f"Bearer {secret}", "If-Match": "*"}
        return client.patch(TERM, data=b"{}", content_type="application/merge-patch+json", headers=headers).status_code

    first = store.tokens.create("first", "editor")
    second = store.tokens.create("second", "editor", datetime.now(UTC) + timedelta(hours=1))
    assert (status(first), status(second)) == (200, 200)
    store.tokens.revoke("first")  # in another connection than the service's, as from the command line
    assert (status(first), status(second)) == (401, 200)
    later = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    monkeypatch.setattr("kgservice.store.tokens.moment", lambda: later)
    assert status(second) == 401


def test_secrets_are_long_and_kept_nowhere(store: Store) -> None:
    secret = store.tokens.create("first", "editor")
    assert secret.startswith(PREFIX) and len(secret) >= len(PREFIX) + 43
    assert secret.encode() not in b"".join(path.read_bytes() for path in store.data_dir.glob("kgservice.db*"))
    assert [(one.name, one.role) for one in store.tokens.all()] == [("first", "editor")]


def test_tokens_that_cannot_be_made(store: Store) -> None:
    store.tokens.create("first", "editor")
    for name, role in (("first", "reader"), ("", "reader"), ("a\nb", "reader"), ("x" * 101, "reader"), ("b", "king")):
        with pytest.raises(Invalid):
            store.tokens.create(name, role)
    with pytest.raises(Invalid, match="past"):
        store.tokens.create("old", "reader", datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(NotFound):
        store.tokens.revoke("nobody")
