"""A visitor of a server: finds partners, talks with them through the seal, and restores a broken connection."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from omefree.client import events
from omefree.client.address import read_address
from omefree.client.packets import MakeTransport
from omefree.client.state import ClientState
from omefree.client.talk import Talk
from omefree.client.websocket import WebSocket
from omefree.contract import events as contract
from omefree.contract.codes import Mode, ReportReason
from omefree.errors import Closed, NoChat, Refused
from omefree.seal.content import Sendable, Text


class Visitor:
    """Use it as `async with Visitor(url) as visitor`: inside, it is welcomed. Entering raises ConnectError.

    A broken connection is restored. Calls that ask the server wait for that; texts are sent once both sides are
    connected. Methods that wait raise Closed once the visitor has left. A Visitor belongs to one event loop and thread.
    """

    def __init__(
        self, url: str, *, ssl_context: ssl.SSLContext | None = None, make_transport: MakeTransport = WebSocket
    ) -> None:
        """`url`: https or wss, http or ws, or a bare host. Raises ConnectError `address` if it is none of these.

        `make_transport`: what else than a WebSocket carries the packets (packets.py).
        """
        self._address = read_address(url)
        self._ssl = ssl_context
        self._make_transport = make_transport
        self._state: ClientState

    async def __aenter__(self) -> Self:
        self._state = ClientState(self._address, self._ssl, self._make_transport)
        try:
            await self._state.connection.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Leaves for good: the server and the partner are told at once. Keys and texts are dropped."""
        await self._state.close()

    # --- events ---

    async def next_event(self) -> events.Event:
        """The next event, as soon as there is one. Raises Closed after the last one."""
        return await self._state.inbox.get()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> events.Event:
        try:
            return await self.next_event()
        except Closed:
            raise StopAsyncIteration from None

    @property
    def host(self) -> str:
        """The server, as people know it: a host, with its port if that is unusual."""
        return self._address.host

    @property
    def chat(self) -> str | None:
        """The id of the present chat; None outside a chat."""
        return self._state.chat

    @property
    def limits(self) -> contract.Limits:
        """The sizes, counts and rates that the server allows."""
        return self._state.limits

    # --- searching ---

    async def find(
        self,
        mode: Mode = "text",
        interests: Sequence[str] = (),
        languages: Sequence[str] = (),
        patience_s: float | None = 5,
        hide: bool = False,
    ) -> None:
        """Searches for a partner; returns when the server has taken the search.

        In a chat this is "next". In a search it changes the criteria. `patience_s`: for how many seconds to insist on a
        shared
        interest; None: without end. `hide`: the partner does not see our address (needs TURN).
        Raises Refused; then a chat goes on, but a search has ended.
        """
        state = self._state
        search = state.new_search(contract.Criteria(mode, list(interests), list(languages), patience_s, hide))
        try:
            await state.ask_find(search)
        except BaseException as error:
            if state.search is search:
                state.search = None
                if state.talk is None and not isinstance(error, Refused):
                    state.say_leave(None)  # cancelled: the server may already have taken the find
            raise

    async def again(self) -> None:
        """Asks for the last partner again, within 120 s. If both ask, Matched comes. Raises NoChat, Refused."""
        last = self._state.last
        if last is None:
            raise NoChat
        last.is_asked = True
        reply = await self._state.connection.ask(contract.Again(last.chat))
        if not reply.ok:
            last.is_asked = False
            raise reply.refusal()

    async def leave(self) -> None:
        """Ends the chat or the search, and takes back an `again`. The visitor stays connected."""
        state = self._state
        chat = state.chat
        state.search = None
        if state.last is not None:
            state.last.is_asked = False
        state.end_ours()
        await state.say_leave(chat)

    # --- in a chat ---

    def say(self, text: str) -> int:
        """Says a text; the result is its number. It waits here while either side is away. Raises NoChat, TooLong."""
        return self.send(Text(text))

    def send(self, content: Sendable) -> int:
        """Sends a Step, Description, Candidate or Media, for programs that make calls. Raises NoChat, TooLong."""
        return self._talk().send(content)

    async def typing(self, on: bool) -> None:
        """Tells the partner that we type. Lost if the partner is away, or if sent too often. Raises NoChat."""
        talk = self._talk()
        if talk.is_partner_here:
            await self._state.connection.ask_now(contract.Typing(talk.chat, on))

    async def report(self, reason: ReportReason) -> None:
        """Reports the partner and ends the chat; possible until 60 s after its end. Raises NoChat, Refused."""
        state = self._state
        chat = state.chat or state.past
        if chat is None:
            raise NoChat
        reply = await state.connection.ask(contract.Report(chat, reason))
        if not reply.ok:
            raise reply.refusal()
        if chat == state.chat:
            state.end_ours()
        state.forget_last()

    async def differs(self) -> None:
        """Ends the chat with `seal_differs`: the two people compared their emoji, and these differ. Raises NoChat."""
        await self._state.abandon(self._talk(), "seal_differs")

    async def ice(self) -> list[contract.IceServer]:
        """The ICE servers, with fresh TURN credentials. Raises Refused."""
        reply = await self._state.connection.ask(contract.Ice())
        if not reply.ok:
            raise reply.refusal()
        return reply.ice_servers

    def _talk(self) -> Talk:
        if self._state.talk is None:
            raise NoChat
        return self._state.talk
