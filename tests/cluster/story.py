"""A history made by hand, for the tests of the checker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.cluster.checker import judge
from tests.cluster.history import (
    NOBODY,
    OK,
    Answered,
    Asked,
    Fault,
    Heard,
    Leaving,
    Lost,
    Matched,
    Partner,
    Record,
    Said,
    Shown,
    Welcomed,
)

A, B, C = range(3)


class Story:
    """A history, told one record after the other, a tenth of a second each."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.now = 0.0
        self._number = 0

    def tell(self, kind: Callable[..., Record], who: int, *args: Any, **more: Any) -> Story:
        self.now += 0.1
        self.records.append(kind(self.now, who, *args, **more))
        return self

    def later(self, seconds: float) -> Story:
        self.now += seconds
        return self

    def comes(self, *people: int, node: str = "a", pool: str = "plain") -> Story:
        for who in people:
            self.tell(Welcomed, who, node, pool)
        return self

    def finds(self, who: int, code: str = OK) -> Story:
        self._number += 1
        return self.tell(Asked, who, self._number).tell(Answered, who, self._number, code)

    def leaves(self, who: int, chat: str | None = None, code: str = OK) -> Story:
        self._number += 1
        return self.tell(Leaving, who, self._number, chat).tell(Answered, who, self._number, code)

    def comes_back(self, who: int, state: str, chat: str | None = None, *, node: str = "b") -> Story:
        return self.tell(Welcomed, who, node, "plain", state, chat)

    def meet(self, chat: str, *people: int) -> Story:
        for who in people:
            self.tell(Matched, who, chat)
        return self

    def says(self, who: int, chat: str, what: int, code: str = OK) -> Story:
        self._number += 1
        return self.tell(Said, who, self._number, chat, what).tell(Answered, who, self._number, code)

    def hears(self, who: int, chat: str, *what: int, link: int = 0) -> Story:
        for each in what:
            self.tell(Heard, who, chat, each, link=link).tell(Shown, who, chat, each)
        return self

    def moves(self, who: int, chat: str, node: str = "c") -> Story:
        """A second link; the first, 0, still stands."""
        return self.tell(Welcomed, who, node, "plain", "chatting", chat, link=1).tell(Matched, who, chat, link=1)

    def violations(self) -> list[str]:
        return [violation.what for violation in judge(self.records).violations]


def chatting() -> Story:
    """A and B in the chat x, on two nodes."""
    story = Story().comes(A, node="a").comes(B, node="b")
    return story.finds(A).finds(B).meet("x", A, B)


def broken() -> Story:
    """The same; the link of B breaks, and A knows."""
    return chatting().tell(Lost, B).tell(Partner, A, "x", False)


def killed() -> Story:
    """The same; the node of B is killed."""
    return chatting().tell(Fault, NOBODY, "killed", "b").tell(Lost, B)
