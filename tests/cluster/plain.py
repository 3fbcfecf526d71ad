"""A visitor that does not seal: what it says travels as it is. Beside it, omefree.client.Visitor seals.

It tells the same events as that one, so that a crowd need not know which of the two somebody is.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from omefree.client import events
from omefree.client.address import read_address
from omefree.client.connection import Connection
from omefree.client.inbox import Inbox
from omefree.client.packets import MakeTransport
from omefree.contract import events as contract
from omefree.contract.codes import Code, Mode
from omefree.errors import Closed, NoChat


class PlainVisitor:
    """The Owner of a Connection. `chat`: the present one. Its search goes on when a break has cost it its place."""

    def __init__(self, url: str, make_transport: MakeTransport) -> None:
        self.chat: str | None = None
        self._connection = Connection(read_address(url), None, self, make_transport)
        self._inbox = Inbox(self._connection.hold)
        self._search: contract.Criteria | None = None
        self._is_taken = False
        self._said = 0
        self._read = 0

    async def __aenter__(self) -> Self:
        try:
            await self._connection.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        self._inbox.close()
        await self._connection.close()

    async def next_event(self) -> events.Event:
        return await self._inbox.get()

    async def find(self, mode: Mode = "text", interests: Sequence[str] = (), *, patience_s: float | None = 5) -> None:
        """Searches; in a chat this is "next". Returns when the server has taken the search, or a match crosses it."""
        self._search = search = contract.Criteria(mode, list(interests), [], patience_s)
        self._is_taken = False
        await self._find(search)

    def say(self, text: str) -> int:
        """Says a text; the result is its number. It is lost if the partner is away. Raises NoChat."""
        if self.chat is None:
            raise NoChat
        self._connection.ask_now(contract.Message(self.chat, text))
        self._said += 1
        return self._said - 1

    async def _find(self, search: contract.Criteria) -> None:
        """Raises Refused, Closed."""
        while self._search is search:
            chat = self.chat
            reply = await self._connection.ask_once(lambda: self._find_event(search))
            if self._search is not search or reply is None:
                continue  # a match or a break has crossed it
            if reply.code == "chat_over" and chat is not None:
                self.chat = None  # it has already ended by itself, and the news of that may have got lost
                continue
            if not reply.ok:
                raise reply.refusal()
            self._is_taken = True
            self.chat = None
            return

    def _find_event(self, search: contract.Criteria) -> contract.Find | None:
        """None if a match or a newer search came while it waited for a link."""
        return contract.Find(replace(search, from_=self.chat)) if self._search is search else None

    # --- called by the connection

    def heard(self, event: contract.ServerEvent) -> None:
        match event:
            case contract.Welcome(args):
                self._welcomed(args.resumed)
            case contract.Matched(args) if args.chat != self.chat:
                self.chat, self._search, self._said, self._read = args.chat, None, 0, 0
                self._inbox.put(events.Matched.told(args, again=False, hides=False))
            case contract.Message(chat, data) if chat == self.chat:
                self._inbox.put(events.Text(chat, self._read, data))
                self._read += 1
            case contract.Partner(chat, state) if chat == self.chat:
                self._inbox.put(events.Partner(chat, state))
            case contract.Ended(chat, reason) if chat == self.chat:
                self._end(reason)
            case contract.Online(count):
                self._inbox.put(events.Online(count))
            case _:
                pass

    def lost(self, retry_in_s: float, code: Code | None) -> None:
        self._inbox.put(events.LinkLost(retry_in_s, code))

    def over(self, why: Exception) -> None:
        self._inbox.close(why)

    def _welcomed(self, resumed: contract.Resumed | None) -> None:
        if self.chat is not None and resumed is None:
            self._end("broken")
        if self._search is not None and self._is_taken and (resumed is None or resumed.state == "idle"):
            self._is_taken = False
            self._connection.spawn(self._find(self._search))

    def _end(self, reason: events.Reason) -> None:
        assert self.chat is not None
        self._inbox.put(events.Ended(self.chat, reason))
        self.chat = None


__all__ = ["Closed", "PlainVisitor"]
