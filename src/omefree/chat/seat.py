"""One link of a visitor: checks each event, relays what goes to the partner, answers.

Checked in this order: shape, size, chat, quota (protocol.md, "Codes").
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

from omefree.chat import frames
from omefree.contract import events, limits
from omefree.engine.session import CloseCode, CloseReason
from omefree.errors import EventError, IllegalMove
from omefree.wire.socketio import EVENT_PREFIX

if TYPE_CHECKING:
    from omefree.chat.lounge import Lounge
    from omefree.chat.visitor import Visitor
    from omefree.engine.sockets import Socket

PLAIN = len(EVENT_PREFIX)  # where the JSON of an event begins if it asks for no acknowledgement
ICE_OUTSIDE = "ice outside a chat"  # a quota that only the server knows, beside the contract's
RELAYED_BYTES = {"message": limits.MESSAGE_BYTES, "signal": limits.SIGNAL_BYTES}

log = logging.getLogger(__name__)


class Seat:
    """A SocketHandler (engine.sockets): what one connected visitor does."""

    __slots__ = ("_lounge", "_now", "_quotas", "_socket", "host", "send", "visitor")

    def __init__(self, lounge: Lounge, socket: Socket, visitor: Visitor) -> None:
        self._lounge = lounge
        self._socket = socket
        self._now = lounge.clock.time
        self._quotas = lounge.quotas
        self.visitor = visitor
        self.host = socket.session.guest.host
        self.send = socket.session.send

    def opened(self) -> None:
        self._lounge.welcome(self)

    def event(self, frame: bytes, at: int, ack: int | None) -> None:
        """The hot path: a message or signal is proved whole, checked, and passed on as the bytes that came."""
        visitor = self.visitor
        if visitor.seat is not self:
            return  # another link has taken the visitor over
        if visitor.token_before is not None:
            self._lounge.settle(visitor)
        body = frame[at:]
        try:
            name, chat, data = frames.decode_relay(body)
        except frames.DECODE_ERRORS:
            self._other(body, ack)
            return
        try:
            if len(body) > RELAYED_BYTES[name] and len(data.encode()) > RELAYED_BYTES[name]:
                raise EventError("too_big")
            if visitor.chat is None or visitor.chat.id != chat:
                raise EventError("chat_over")
            self._take(name)
            self._pass_on(frame if at == PLAIN else EVENT_PREFIX + body)
        except EventError as error:
            self._refuse(name, chat, ack, error)
        else:
            if ack is not None:
                self.send(frames.ok_frame(ack))

    def binary_event(self, args: list[Any], ack: int | None) -> None:
        """No event of ours is binary, and the engine is told so: none arrives."""

    def closed(self, reason: CloseReason) -> None:
        if self.visitor.seat is self:
            self._lounge.unseat(self.visitor, departs=reason is CloseReason.CLIENT)
        if reason is CloseReason.CLIENT:  # by a DISCONNECT: no other namespace is there for the connection to serve,
            self._socket.session.close(reason)  # and whoever has left is told nothing more

    def close(self, code: int = CloseCode.NORMAL) -> None:
        """Ends the link; what becomes of the visitor has been decided before."""
        self._socket.session.close(CloseReason.SERVER, code)

    def _pass_on(self, frame: bytes) -> None:
        """Raises EventError `partner_away` unless the partner's send buffer has taken it."""
        partner = self.visitor.partner
        seat = partner.seat if partner is not None else None
        if partner is None or seat is None:
            raise EventError("partner_away")
        seat.send(frame)
        if partner.seat is not seat:  # too slow a reader: this frame was one too many
            raise EventError("partner_away")

    def _take(self, quota: str) -> None:
        """Raises EventError `rate_limited`."""
        wait_s = self.visitor.buckets[quota].take(self._quotas[quota], self._now())
        if wait_s > 0:
            raise EventError("rate_limited", retry_after_s=rounded_up(wait_s))

    def _other(self, body: bytes, ack: int | None) -> None:
        """Everything that is not a relayed string: written for clarity."""
        event: frames.Command | None = None
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

    def _decode(self, body: bytes) -> frames.Command:
        """Raises EventError: what is wrong with the event, or `rate_limited` if too many were wrong."""
        try:
            return frames.decode_command(body)
        except EventError:
            self._take("malformed")
            raise

    def _perform(self, event: frames.Command, body: bytes, ack: int | None) -> None:
        desk = self._lounge.introductions
        visitor = self.visitor
        match event:
            case events.Find(criteria):
                self._lounge.check_open()
                desk.check_find(visitor, criteria)
                self._take("find")  # before the ticket: hostile interests can take 10 ms to normalise
                ticket = desk.ticket(visitor, criteria)
                self._accept(ack)
                desk.find(visitor, ticket, criteria.seal)
            case events.Leave(chat):
                if chat is not None:
                    desk.check_current(visitor, chat)
                self._accept(ack)
                desk.leave(visitor)
            case events.Typing(chat, _):
                desk.check_current(visitor, chat)
                self._take("typing")
                self._pass_on(EVENT_PREFIX + body)
                self._accept(ack)
            case events.Report(chat, _):
                partner = desk.reportable(visitor, chat)
                self._take("report")
                self._accept(ack)
                desk.report(visitor, partner, chat)
            case events.Again(chat):
                self._lounge.check_open()
                last = desk.check_again(visitor, chat)
                self._take("again")
                self._accept(ack)
                desk.again(visitor, last)
            case events.Ice():
                self._take("ice")
                if visitor.chat is None:
                    self._take(ICE_OUTSIDE)
                servers = self._lounge.options.ice_servers(self.host, True)
                self._accept(ack, events.IceOk(servers))

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
