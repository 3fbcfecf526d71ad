"""One connection of a visitor: checks each event, relays what is for the partner, and replies.

The order of the checks is shape, size, chat, quota, pause (protocol.md, "Codes").
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
from omefree.contract.codes import Mode
from omefree.contract.limits import Quota
from omefree.engine.gate import Admission
from omefree.engine.session import CloseReason
from omefree.engine.sockets import Socket
from omefree.errors import CloseCode, EventError, IllegalMove
from omefree.wire.socketio import EVENT_PREFIX

PLAIN = len(EVENT_PREFIX)  # where the JSON of an event begins if it asks for no acknowledgement
ICE_OUTSIDE = "ice outside a chat"  # a quota of the server that clients are not told
RELAYED_BYTES = {"message": limits.MESSAGE_BYTES, "signal": limits.SIGNAL_BYTES}

log = logging.getLogger(__name__)


class ChatServices(Protocol):
    """The parts of the chat that a VisitorSocket uses. Presence has them all (presence.py)."""

    clock: Clock
    options: ChatOptions
    quotas: dict[str, Quota]
    pairing: Pairing
    reunions: Reunions
    reports: Reports

    def welcome(self, socket: VisitorSocket) -> None:
        """Called once the client has been told that its socket is open."""

    def settle(self, visitor: VisitorRecord) -> None:
        """Drops the previous resume token: the visitor's first event has come."""

    def disconnect(self, visitor: VisitorRecord, *, departs: bool) -> None:
        """Handles the end of a connection: the visitor `departs` now, or gets the resume window."""

    def check_open(self) -> None:
        """Raises EventError `draining` if no chat may begin any more."""

    def check_pause(self, visitor: VisitorRecord, mode: Mode) -> None:
        """Raises PausedError if the visitor may not search in this mode."""


class VisitorSocket:
    """The events of one connected visitor. It is a SocketHandler (engine/sockets.py)."""

    __slots__ = ("_now", "_quotas", "_services", "_socket", "host", "send", "visitor")

    def __init__(self, services: ChatServices, socket: Socket, visitor: VisitorRecord) -> None:
        self._services = services
        self._socket = socket
        self._now = services.clock.time
        self._quotas = services.quotas
        self.visitor = visitor
        self.host = socket.session.admission.host
        self.send = socket.session.send

    @property
    def admission(self) -> Admission:
        """What the gate has let in."""
        return self._socket.session.admission

    def opened(self) -> None:
        """Sends `welcome`; the engine has told the client that its socket is open."""
        self._services.welcome(self)

    def event(self, frame: bytes, at: int, ack: int | None) -> None:
        """The hot path. A relayed event is decoded once, to prove it valid, and passed on as the bytes that came."""
        visitor = self.visitor
        if visitor.socket is not self:
            return  # the visitor has a newer connection
        if visitor.token_before is not None:
            self._services.settle(visitor)
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
            wait_s = visitor.buckets[name].take(self._quotas[name], self._now())
            if wait_s > 0:
                in_time(wait_s)
            self._pass_on(half, frame if at == PLAIN else EVENT_PREFIX + body)
        except EventError as error:
            self._refuse(name, chat, ack, error)
        else:
            if ack is not None:
                self.send(frames.ok_frame(ack))

    def binary_event(self, args: list[Any], ack: int | None) -> None:
        """Does nothing: no event of ours is binary, and the engine is told to refuse such events."""

    def closed(self, reason: CloseReason) -> None:
        """Handles the end of the socket. A client that disconnects has left; after any other end it may resume."""
        if self.visitor.socket is self:
            self._services.disconnect(self.visitor, departs=reason is CloseReason.CLIENT)
        if reason is CloseReason.CLIENT:  # a DISCONNECT: there is no other namespace that the session could serve
            self._socket.session.close(reason)

    def close(self, code: int = CloseCode.NORMAL) -> None:
        """Ends the connection. The caller has already decided what becomes of the visitor."""
        self._socket.session.close(CloseReason.SERVER, code)

    def _pass_on(self, half: Half, frame: bytes) -> None:
        """Raises EventError `partner_away` unless the partner's send buffer has taken the frame."""
        partner = half.partner
        socket = partner.socket
        if socket is None:
            raise EventError("partner_away")
        socket.send(frame)
        if partner.socket is not socket:  # this frame overflowed its buffer
            raise EventError("partner_away")

    def _take(self, quota: str) -> None:
        """Counts one event. Raises EventError `rate_limited` if the quota is used up."""
        in_time(self.visitor.buckets[quota].take(self._quotas[quota], self._now()))

    def _other(self, body: bytes, ack: int | None) -> None:
        """Handles every event that is not a relayed string. Written for clarity, not for speed."""
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
        """Raises EventError: the fault of the event, or `rate_limited` after too many faulty ones."""
        try:
            return frames.decode_command(body)
        except EventError:
            self._take("malformed")
            raise

    def _perform(self, event: events.Command, body: bytes, ack: int | None) -> None:
        services, visitor = self._services, self.visitor
        match event:
            case events.Find(criteria):
                services.check_open()
                services.pairing.check_find(visitor, criteria)
                self._take("find")  # before the ticket: normalising hostile interests can take 10 ms
                services.check_pause(visitor, criteria.mode)
                ticket = services.pairing.ticket(visitor, criteria)
                self._accept(ack)
                services.pairing.find(visitor, ticket, criteria.seal)
            case events.Leave(chat):
                if chat is not None:
                    visitor.half_of(chat)
                self._accept(ack)
                services.pairing.leave(visitor)
                services.reunions.take_back(visitor)
            case events.Typing(chat, _):
                half = visitor.half_of(chat)
                self._take("typing")
                self._pass_on(half, EVENT_PREFIX + body)
                self._accept(ack)
            case events.Report(chat, reason):
                subject = services.reports.subject(visitor, chat)
                self._take("report")
                in_time(services.reports.wait_s(visitor, chat))
                self._accept(ack)
                services.reports.report(visitor, subject, chat, reason)
            case events.Again(chat):
                services.check_open()
                last = services.reunions.check(visitor, chat)
                self._take("again")
                services.check_pause(visitor, last.mode)
                self._accept(ack)
                services.reunions.ask(visitor, last)
            case events.Ice():
                self._take("ice")
                if visitor.half is None:
                    self._take(ICE_OUTSIDE)
                self._accept(ack, events.IceOk(services.options.ice_servers(self.host, True)))
            case _:
                assert_never(event)

    def _accept(self, ack: int | None, answer: events.IceOk | None = None) -> None:
        if ack is not None:
            self.send(frames.ok_frame(ack) if answer is None else frames.ack_frame(ack, answer))

    def _in_haste(self, error: EventError) -> bool:
        """True if the event is over a quota. Errors found before the quota share one, as wide as the widest quota."""
        if error.code in ("too_big", "chat_over"):
            return self.visitor.buckets["refused"].take(self._quotas["signal"], self._now()) > 0
        return error.code == "rate_limited"

    def _refuse(self, name: str | None, chat: str | None, ack: int | None, error: EventError) -> None:
        """Replies with an error. The 20th refusal for haste within 10 s closes the connection."""
        closes = self._in_haste(error) and self.visitor.refusals.note(self._now())
        if ack is not None:
            self.send(frames.ack_frame(ack, frames.refusal(error)))
        if ack is None or closes:
            self.send(frames.event_frame(frames.failed(name, chat, error, closes=closes)))
        if closes:
            self.close(CloseCode.POLICY)


def in_time(wait_s: float) -> None:
    """Raises EventError `rate_limited` if a quota is free only in `wait_s` seconds."""
    if wait_s > 0:
        raise EventError("rate_limited", retry_after_s=rounded_up(wait_s))


def rounded_up(seconds: float) -> float:
    """Seconds, rounded up to milliseconds, so that a client that waits as told is not refused again.
    The subtraction keeps the last bit of a float from adding a whole millisecond.
    """
    return math.ceil(seconds * 1000 - 1e-6) / 1000
