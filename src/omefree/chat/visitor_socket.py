"""One link of a visitor: checks each event, relays what goes to the partner, answers.

Checked in this order: shape, size, chat, quota (protocol.md, "Codes").
"""

from __future__ import annotations

import logging
import math
from typing import Any, Protocol, assert_never

from omefree.chat import frames
from omefree.chat.halves import Half
from omefree.chat.options import ChatOptions
from omefree.chat.pairing import Pairing
from omefree.chat.reports import Reports
from omefree.chat.reunions import Reunions
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import events, limits
from omefree.contract.limits import Quota
from omefree.engine.session import CloseReason
from omefree.engine.sockets import Socket
from omefree.errors import CloseCode, EventError, IllegalMove
from omefree.wire.socketio import EVENT_PREFIX

PLAIN = len(EVENT_PREFIX)  # where the JSON of an event begins if it asks for no acknowledgement
ICE_OUTSIDE = "ice outside a chat"  # a quota that only the server knows, beside the contract's
RELAYED_BYTES = {"message": limits.MESSAGE_BYTES, "signal": limits.SIGNAL_BYTES}

log = logging.getLogger(__name__)


class Presence(Protocol):
    """What a VisitorSocket needs of the presence of all visitors (presence.py)."""

    clock: Clock
    options: ChatOptions
    quotas: dict[str, Quota]
    pairing: Pairing
    reunions: Reunions
    reports: Reports

    def welcome(self, socket: VisitorSocket) -> None:
        """The client has been told of its connection."""

    def settle(self, visitor: VisitorRecord) -> None:
        """The first event has come: the resume token before is worth nothing any more."""

    def disconnect(self, visitor: VisitorRecord, *, departs: bool) -> None:
        """The link is gone: for good, or for the resume window."""

    def check_open(self) -> None:
        """Raises EventError `draining`: nobody is introduced any more."""


class VisitorSocket:
    """A SocketHandler (engine.sockets): what one connected visitor does."""

    __slots__ = ("_now", "_presence", "_quotas", "_socket", "host", "send", "visitor")

    def __init__(self, presence: Presence, socket: Socket, visitor: VisitorRecord) -> None:
        self._presence = presence
        self._socket = socket
        self._now = presence.clock.time
        self._quotas = presence.quotas
        self.visitor = visitor
        self.host = socket.session.admission.host
        self.send = socket.session.send

    def opened(self) -> None:
        self._presence.welcome(self)

    def event(self, frame: bytes, at: int, ack: int | None) -> None:
        """The hot path: a message or signal is proved whole, checked, and passed on as the bytes that came."""
        visitor = self.visitor
        if visitor.socket is not self:
            return  # another link has taken the visitor over
        if visitor.token_before is not None:
            self._presence.settle(visitor)
        body = frame[at:]
        try:
            name, chat, data = frames.decode_relay(body)
        except frames.DECODE_ERRORS:
            self._other(body, ack)
            return
        try:
            if len(body) > RELAYED_BYTES[name] and len(data.encode()) > RELAYED_BYTES[name]:
                raise EventError("too_big")
            half = visitor.half
            if half is None or half.id != chat:
                raise EventError("chat_over")
            self._take(name)
            self._pass_on(half, frame if at == PLAIN else EVENT_PREFIX + body)
        except EventError as error:
            self._refuse(name, chat, ack, error)
        else:
            if ack is not None:
                self.send(frames.ok_frame(ack))

    def binary_event(self, args: list[Any], ack: int | None) -> None:
        """No event of ours is binary, and the engine is told so: none arrives."""

    def closed(self, reason: CloseReason) -> None:
        if self.visitor.socket is self:
            self._presence.disconnect(self.visitor, departs=reason is CloseReason.CLIENT)
        if reason is CloseReason.CLIENT:  # by a DISCONNECT: no other namespace is there for the connection to serve,
            self._socket.session.close(reason)  # and whoever has left is told nothing more

    def close(self, code: int = CloseCode.NORMAL) -> None:
        """Ends the link; what becomes of the visitor has been decided before."""
        self._socket.session.close(CloseReason.SERVER, code)

    def _pass_on(self, half: Half, frame: bytes) -> None:
        """Raises EventError `partner_away` unless the partner's send buffer has taken it."""
        partner = half.partner
        socket = partner.socket
        if socket is None:
            raise EventError("partner_away")
        socket.send(frame)
        if partner.socket is not socket:  # too slow a reader: this frame was one too many
            raise EventError("partner_away")

    def _take(self, quota: str) -> None:
        """Raises EventError `rate_limited`."""
        wait_s = self.visitor.buckets[quota].take(self._quotas[quota], self._now())
        if wait_s > 0:
            raise EventError("rate_limited", retry_after_s=rounded_up(wait_s))

    def _other(self, body: bytes, ack: int | None) -> None:
        """Everything that is not a relayed string: written for clarity."""
        event: events.Command | None = None
        try:
            event = self._decode(body)
            self._perform(event, body, ack)
        except EventError as error:
            self._refuse(frames.name_of(body), getattr(event, "chat", None), ack, error)
        except IllegalMove:
            self._refuse(frames.name_of(body), getattr(event, "chat", None), ack, EventError("chat_over"))
        except Exception:
            log.exception("an event failed")
            self._refuse(frames.name_of(body), None, ack, EventError("internal"))

    def _decode(self, body: bytes) -> events.Command:
        """Raises EventError: what is wrong with the event, or `rate_limited` if too many were wrong."""
        try:
            return frames.decode_command(body)
        except EventError:
            self._take("malformed")
            raise

    def _perform(self, event: events.Command, body: bytes, ack: int | None) -> None:
        presence, visitor = self._presence, self.visitor
        match event:
            case events.Find(criteria):
                presence.check_open()
                presence.pairing.check_find(visitor, criteria)
                self._take("find")  # before the ticket: hostile interests can take 10 ms to normalise
                ticket = presence.pairing.ticket(visitor, criteria)
                self._accept(ack)
                presence.pairing.find(visitor, ticket, criteria.seal)
            case events.Leave(chat):
                if chat is not None:
                    visitor.half_of(chat)
                self._accept(ack)
                presence.pairing.leave(visitor)
                presence.reunions.take_back(visitor)
            case events.Typing(chat, _):
                half = visitor.half_of(chat)
                self._take("typing")
                self._pass_on(half, EVENT_PREFIX + body)
                self._accept(ack)
            case events.Report(chat, _):
                subject = presence.reports.subject(visitor, chat)
                self._take("report")
                self._accept(ack)
                presence.reports.report(visitor, subject, chat)
            case events.Again(chat):
                presence.check_open()
                last = presence.reunions.check(visitor, chat)
                self._take("again")
                self._accept(ack)
                presence.reunions.ask(visitor, last)
            case events.Ice():
                self._take("ice")
                if visitor.half is None:
                    self._take(ICE_OUTSIDE)
                self._accept(ack, events.IceOk(presence.options.ice_servers(self.host, True)))
            case _:
                assert_never(event)

    def _accept(self, ack: int | None, answer: events.IceOk | None = None) -> None:
        if ack is not None:
            self.send(frames.ok_frame(ack) if answer is None else frames.ack_frame(ack, answer))

    def _in_haste(self, error: EventError) -> bool:
        """Over a quota. What is refused before its quota is asked has one of its own, as wide as the widest."""
        if error.code in ("too_big", "chat_over"):
            return self.visitor.buckets["refused"].take(self._quotas["signal"], self._now()) > 0
        return error.code == "rate_limited"

    def _refuse(self, name: str | None, chat: str | None, ack: int | None, error: EventError) -> None:
        """Answers an error; after 20 refusals for haste within 10 s the connection is closed."""
        closes = self._in_haste(error) and self.visitor.refusals.note(self._now())
        if ack is not None:
            self.send(frames.ack_frame(ack, frames.refusal(error)))
        if ack is None or closes:
            self.send(frames.event_frame(frames.failed(name, chat, error, closes=closes)))
        if closes:
            self.close(CloseCode.POLICY)


def rounded_up(seconds: float) -> float:
    """To milliseconds: whoever waits as long as told is not refused again. A float's last bit is no millisecond."""
    return math.ceil(seconds * 1000 - 1e-6) / 1000
