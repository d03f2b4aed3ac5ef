"""Whose query runs next: no client keeps the others out, and places are kept for clients with a token."""

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from kgservice.errors import OverBudget, Unavailable
from kgservice.model.limits import Client


@dataclass(frozen=True, slots=True)
class Places:
    """How many run at once, and how many more may wait; one client runs `each` at most."""

    running: int
    waiting: int
    each: int


class Turns:
    """The places of clients that nobody knows, and those of clients with a token, who have their own."""

    def __init__(self, unknown: Places, known: Places) -> None:
        self._places = {False: unknown, True: known}
        self._running: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
        self._held: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
        self._changed = threading.Condition()

    def require_place(self, client: Client, at_once: int) -> None:
        """`OverBudget` or `Unavailable` if there is no place in the line for a client's query now."""
        held = self._held[client.known]
        places = self._places[client.known]
        if held[client.name] >= at_once:
            raise OverBudget(f"{at_once} queries of this client run or wait; send them one after the other", 1)
        if held.total() >= places.running + places.waiting:
            raise Unavailable("too many queries are waiting; try again in a few seconds")

    @contextlib.contextmanager
    def in_line(self, client: Client, at_once: int) -> Iterator[None]:
        """A place in the line, kept until all is sent. Raises at once if there is none."""
        held = self._held[client.known]
        with self._changed:
            self.require_place(client, at_once)
            held[client.name] += 1
        try:
            yield
        finally:
            self._leave(held, client)

    @contextlib.contextmanager
    def turn(self, client: Client, timeout: float) -> Iterator[None]:
        """A turn to run; `Unavailable` if none comes in so many seconds."""
        running = self._running[client.known]
        places = self._places[client.known]

        def free() -> bool:
            return running.total() < places.running and running[client.name] < places.each

        with self._changed:
            if not self._changed.wait_for(free, timeout):
                raise Unavailable("all query processes are busy; try again in a few seconds")
            running[client.name] += 1
        try:
            yield
        finally:
            self._leave(running, client)

    def _leave(self, counter: Counter[str], client: Client) -> None:
        with self._changed:
            counter[client.name] -= 1
            if counter[client.name] == 0:
                del counter[client.name]
            self._changed.notify_all()
