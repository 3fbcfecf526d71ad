"""One chat, from `matched` to its end: gives its sealed Channel the time, and connects it to the server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from typing import Protocol

from msgspec import Struct

from omefree.client import events
from omefree.client.packets import MaybeReply
from omefree.contract.events import Criteria, Limits, MatchedArgs, Message, Signal
from omefree.contract.limits import AGAIN_WINDOW_S
from omefree.seal.channel import Channel
from omefree.seal.content import Sendable, Text
from omefree.seal.frame import RelayEvent
from omefree.seal.handshake import ENTROPY_BYTES, Offer, make_offer
from omefree.seal.outputs import Delivered, Emit, Faulted, Opened, Output, Received, SealFault


class Bound(Struct, frozen=True):
    """What a chat begins with: the criteria of our search, our offer, and the partner's commitment.

    The commitment is from `matched`, or from the sealed `ready` of the chat before an `again`. None is a fault.
    """

    wish: Criteria
    offer: Offer
    commit: str | None


class Host(Protocol):
    """The owner of a Talk (state.py)."""

    def relay(self, chat: str, event: RelayEvent, data: str) -> asyncio.Future[MaybeReply]:
        """Sends sealed data to the partner. The result is the server's reply; None if the connection broke."""

    def tell(self, event: events.Event) -> None:
        """Gives an event to the program."""

    def abandon(self, talk: Talk, fault: SealFault) -> object:
        """Leaves a chat because of a fault of its seal."""


class Talk:
    """`wish` is what we searched for. `next_offer` and `partner_commit` are for an `again`.

    The partner has the commitment of `next_offer`; `partner_commit` is the partner's.
    """

    def __init__(self, chat: str, wish: Criteria, channel: Channel, next_offer: Offer, host: Host) -> None:
        self.chat = chat
        self.wish = wish
        self.next_offer = next_offer
        self.partner_commit: str | None = None
        self.is_partner_here = True
        self.is_over = False
        self._is_linked = True
        self._channel = channel
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._alarm: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Sends what the channel has to send first."""
        self._drive()

    def send(self, content: Sendable) -> int:
        """Gives a content to the channel; the content's number in its lane. Raises TooLong."""
        n = self._channel.send(content, self._loop.time())
        self._drive()
        return n

    def receive(self, event: RelayEvent, data: str) -> None:
        """Gives the channel the `data` of a `message` or `signal` from the partner."""
        self._channel.receive(event, data, self._loop.time())
        self._drive()

    def partner_is_here(self, here: bool) -> None:
        """Notes that the partner is connected, or away."""
        self._presence(self._is_linked, here)

    def link_is_up(self, up: bool) -> None:
        """Notes that our own connection is there, or broken."""
        self._presence(up, self.is_partner_here)

    def close(self) -> None:
        """Ends the chat: keys and texts are dropped."""
        self.is_over = True
        self._channel.close()
        if self._alarm is not None:
            self._alarm.cancel()

    def _presence(self, linked: bool, here: bool) -> None:
        """The channel's clock runs, and contents are sent, only while both sides are connected."""
        was_open = self._is_linked and self.is_partner_here
        self._is_linked, self.is_partner_here = linked, here
        if self.is_over or was_open is (linked and here):
            return
        (self._channel.pause if was_open else self._channel.resume)(self._loop.time())
        self._drive()

    def _drive(self) -> None:
        """Carries out the channel's outputs, and calls the channel again when it wants to be called."""
        while not self.is_over and (outputs := self._channel.outputs()):
            for output in outputs:
                self._carry_out(output)
        if self._alarm is not None:
            self._alarm.cancel()
        if not self.is_over and self._channel.wakes_at is not None:
            self._alarm = self._loop.call_at(self._channel.wakes_at, self._wake)

    def _wake(self) -> None:
        self._channel.wake(self._loop.time())
        self._drive()

    def _carry_out(self, output: Output) -> None:
        if self.is_over:
            return
        match output:
            case Emit(event=event, data=data, token=token):
                self._host.relay(self.chat, event, data).add_done_callback(partial(self._answered, token))
            case Opened(emoji=emoji, partner_commit=commit):
                self.partner_commit = commit
                self._host.tell(events.Sealed(self.chat, emoji))
            case Received(content=Text(text=text), n=n):
                self._host.tell(events.Text(self.chat, n, text))
            case Received(content=content):
                self._host.tell(events.Heard(self.chat, content))
            case Delivered(n=n, state=state):
                self._host.tell(events.Delivery(self.chat, n, state))
            case Faulted(code=code):
                self._host.abandon(self, code)

    def _answered(self, token: int, answer: asyncio.Future[MaybeReply]) -> None:
        if self.is_over or answer.cancelled():
            return
        reply = answer.result()
        now = self._loop.time()
        if reply is None:
            self._channel.answered(token, "not_connected", None, now)
        else:
            self._channel.answered(token, None if reply.ok else reply.known_code(), reply.wait_s(), now)
        self._drive()


class Last:
    """The previous chat, whose partner can be asked for again for 120 s. It is kept in memory only, and no longer."""

    def __init__(self, talk: Talk, forget: Callable[[], None]) -> None:
        self.chat = talk.chat
        self.wish = talk.wish
        self.offer = talk.next_offer
        self.partner_commit = talk.partner_commit
        self.is_asked = False
        self._timer = asyncio.get_running_loop().call_later(AGAIN_WINDOW_S, forget)

    def close(self) -> None:
        """Stops the timer that forgets this chat."""
        self._timer.cancel()


def talk_of(args: MatchedArgs, bound: Bound, limits: Limits, host: Host) -> Talk:
    """The talk of a new chat, with a fresh offer for an `again`. It has not begun."""
    next_offer = new_offer()
    channel = Channel(
        chat=args.chat,
        polite=args.polite,
        offer=bound.offer,
        commit=bound.commit,
        next_commit=next_offer.commit,
        limits=limits,
        now=asyncio.get_running_loop().time(),
    )
    return Talk(args.chat, bound.wish, channel, next_offer, host)


def new_offer() -> Offer:
    """An offer from fresh random bytes."""
    return make_offer(os.urandom(ENTROPY_BYTES))


def relayed(chat: str, event: RelayEvent, data: str) -> Message | Signal:
    """The event that takes sealed data to the partner."""
    return Message(chat, data) if event == "message" else Signal(chat, data)
