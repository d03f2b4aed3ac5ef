"""What a request works with: the store, the query processes and the settings of this application."""

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from kgservice.config import Settings
from kgservice.store.counters import Counters
from kgservice.store.queries import Queries
from kgservice.store.store import Store

_KEY = "kgservice"


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service."""

    settings: Settings
    store: Store
    queries: Queries
    counters: Counters

    def public_url(self, path: str) -> str:
        """The address of a path as the world sees it. Never built from the request's host."""
        return f"{self.settings.public_url}{path}"


def attach(app: Flask, service: Service) -> None:
    """Give an application its parts."""
    app.extensions[_KEY] = service


def service() -> Service:
    """The parts of the application that answers the current request."""
    return cast(Service, current_app.extensions[_KEY])


def public_url(path: str) -> str:
    """The address of a path as the world sees it; see `Service.public_url`."""
    return service().public_url(path)
