"""The visitors of this process: arrivals, broken connections, resumes, departures (protocol.md, rules 7 and 8)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Any, Protocol, cast

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict

from omefree.chat.counter import Counter
from omefree.chat.fading import Fading
from omefree.chat.farewell import Farewell
from omefree.chat.frames import DECODE_ERRORS, event_frame
from omefree.chat.operator import Operator
from omefree.chat.options import ChatOptions
from omefree.chat.orders import BLOCKED
from omefree.chat.pairing import Pairing
from omefree.chat.reports import Reports
from omefree.chat.reunions import Reunions
from omefree.chat.safety import Safety
from omefree.chat.visitor import VisitorRecord
from omefree.chat.visitor_socket import ICE_OUTSIDE, VisitorSocket
from omefree.clock import Clock
from omefree.contract import events, limits
from omefree.contract.codes import MESSAGES, PROTOCOL_VERSION, SPEAKS, Code, EndReason, Mode
from omefree.contract.limits import QUOTAS, Quota
from omefree.engine.alarms import Alarms
from omefree.engine.gate import Admission, Denial
from omefree.engine.sockets import Arrival, Socket
from omefree.errors import CloseCode, EventError, NamespaceRefused, PausedError
from omefree.exchange.interface import Exchange
from omefree.guard.quota import scaled

ID_BYTES = 12
TOKEN_BYTES = 24  # 192 bits: whoever shows a token is taken for its visitor
NOTICED_S = limits.PING_INTERVAL_S + limits.PING_TIMEOUT_S  # after this time a dead connection is known to be dead


class Version(msgspec.Struct):
    """The version in the body of CONNECT. It may be of any type, so that a wrong one is answered as a wrong version."""

    v: Any = PROTOCOL_VERSION


_decode_version = msgspec.json.Decoder(Version).decode
_decode_auth = msgspec.json.Decoder(events.Auth).decode


class Places(Protocol):
    """Counts visitors against the server's and their address's limits (http/gate.py)."""

    def room(self, admission: Admission) -> Denial | None:
        """Why there is no place for this session's visitor, unless it comes back to its own; else None."""

    def stay(self, key: bytes, network: bytes) -> None:
        """Counts a visitor whose session is about to end, and who may come back."""

    def go(self, key: bytes, network: bytes) -> None:
        """Stops counting a visitor who was away."""


class ResumeWindow:
    """The time in which a visitor with a broken connection may come back. It is a timer of the engine's alarms."""

    __slots__ = ("_presence", "_visitor", "alarm")

    def __init__(self, presence: Presence, visitor: VisitorRecord) -> None:
        self._presence = presence
        self._visitor = visitor
        self.alarm = 0

    def wake(self, now: float) -> None:
        """Ends the visitor's session: it did not come back in time."""
        self._presence.depart(self._visitor, "lost")


class Presence:
    """All visitors of this process. The engine calls `connect` for each new socket of the namespace."""

    def __init__(
        self, options: ChatOptions, clock: Clock, alarms: Alarms, exchange: Exchange, safety: Safety, places: Places
    ) -> None:
        self.options = options
        self.clock = clock
        self.leaving = False  # balancers are to send nobody here any more; all else goes on
        self.closing = False  # nobody is let in any more: who is here moves to another server
        self.draining = False  # all chats have ended, and the server is about to
        self.visitors: dict[str, VisitorRecord] = {}
        self.safety = safety
        self.orders = safety.orders
        self.pairing = Pairing(options, clock, self.visitors, exchange, safety, Fading(alarms, self.visitors))
        self.reunions = Reunions(clock, self.visitors, exchange, self.pairing, safety)
        self.reports = Reports(clock, self.visitors, exchange, self.pairing, safety)
        self.operator = Operator(self, lambda: safety.forgive(self.visitors.values()))
        exchange.listen(self.pairing)
        self.counter = Counter(clock, alarms, self.visitors, safety.counters.hours)
        self._farewell = Farewell(clock, alarms, self.visitors)
        self._alarms = alarms
        self._places = places
        self.seek: Callable[[Socket, str], Arrival | None] | None = None  # for a token of another process
        self._tokens: dict[bytes, VisitorRecord] = {}
        self._windows: dict[str, ResumeWindow] = {}  # of the visitors that are away
        self.quotas: dict[str, Quota] = {name: scaled(each, options.quota_scale) for name, each in QUOTAS.items()}
        self.quotas[ICE_OUTSIDE] = scaled(limits.ICE_OUTSIDE_A_CHAT, options.quota_scale)
        self._limits = limits_for(self.quotas, options)

    def connect(self, socket: Socket, auth: bytes) -> VisitorSocket | Arrival:
        """The handler of a new socket, for a new or a resumed visitor. Raises NamespaceRefused.

        Whoever comes back takes its own place, so that it is let in also where no place is free. Whoever shows a token
        of another process waits until that has answered.
        """
        asked = read_auth(auth)
        if self.closing:
            raise refused("draining")
        if socket.session.admission.blocked:
            raise NamespaceRefused(MESSAGES["paused"], events.ConnectErrorData("paused", **asdict(BLOCKED)))
        visitor = self.claim(digest(asked.resume)) if asked.resume else None
        if visitor is not None:
            return self.seated(socket, visitor)
        if asked.resume and self.seek is not None and (arrival := self.seek(socket, asked.resume)) is not None:
            return arrival
        decision = self.fresh(socket)
        if isinstance(decision, NamespaceRefused):
            raise decision
        return decision

    def seated(self, socket: Socket, visitor: VisitorRecord) -> VisitorSocket:
        """The handler of a socket whose visitor is here."""
        return VisitorSocket(self, socket, visitor)

    def fresh(self, socket: Socket) -> VisitorSocket | NamespaceRefused:
        """The handler of a socket with a new visitor, if there is room for one."""
        denial = self._places.room(socket.session.admission)
        if denial is not None:
            return no_room(denial)
        return VisitorSocket(self, socket, VisitorRecord(secrets.token_urlsafe(ID_BYTES)))

    def check_open(self) -> None:
        """Raises EventError `draining` if the server is about to close: no chat begins any more."""
        if self.draining:
            raise EventError("draining")

    def pause_of(self, visitor: VisitorRecord) -> events.Pause | None:
        """What this visitor may not do at present, and why; None if it may search as it likes."""
        return self.safety.pause_of(visitor)

    def check_pause(self, visitor: VisitorRecord, mode: Mode) -> None:
        """Raises PausedError if the visitor may not search in this mode."""
        pause = self.safety.pause_for(visitor, mode)
        if pause is not None:
            raise PausedError(pause)

    def welcome(self, socket: VisitorSocket) -> None:
        """Called once the client has been told that its socket is open. A resumed visitor is told where it stands."""
        visitor, old = socket.visitor, socket.visitor.socket
        comes_back = bool(visitor.token)
        was_away = comes_back and old is None
        self._close_window(visitor)
        visitor.socket = socket
        visitor.key, visitor.network = socket.admission.key, socket.admission.network
        self.visitors[visitor.id] = visitor
        if old is not None:
            old.close()
        self.counter.changed(by=int(old is None))
        socket.send(event_frame(events.Welcome(self._welcome(socket, comes_back))))
        if comes_back:
            self._bequeath(visitor)
            self.pairing.resume(visitor, was_away=was_away)
            self.reunions.reunite(visitor)
        if self.closing and not self.draining:  # it was let in before, and had to wait
            self._farewell.say_to(visitor)

    def settle(self, visitor: VisitorRecord) -> None:
        """Drops the previous resume token. The visitor's first event shows that the new token has arrived."""
        if visitor.token_before is not None:
            self._tokens.pop(visitor.token_before, None)
            visitor.token_before = None
            self._bequeath(visitor)

    def disconnect(self, visitor: VisitorRecord, *, departs: bool) -> None:
        """Handles the end of a connection: the visitor `departs` now, or gets the resume window."""
        visitor.socket = None
        self.counter.changed(by=-1)
        if departs or self.draining:
            self.depart(visitor, "left" if departs else "drained")
            return
        self._wait_for(visitor)

    def _drop(self, visitor: VisitorRecord) -> None:
        """It is no visitor of this process any more, and no token leads to it."""
        self._close_window(visitor)
        for token in visitor.tokens:
            self._tokens.pop(token, None)
        self.visitors.pop(visitor.id, None)

    def _wait_for(self, visitor: VisitorRecord) -> None:
        now = self.clock.time()
        if visitor.key:  # else it has come from another node, and nobody has shown its token here any more
            self._places.stay(visitor.key, visitor.network)
        window = self._windows[visitor.id] = ResumeWindow(self, visitor)
        self._alarms.set(window, now + self._window_s(visitor, now))
        self.pairing.pause(visitor)

    # --- who moves between processes (seating.py) ---

    def take_over(self, visitor: VisitorRecord) -> None:
        """A visitor of another process is one of this one from now on. It is not connected yet."""
        self.visitors[visitor.id] = visitor
        for token in visitor.tokens:
            self._tokens[token] = visitor

    def missed(self, visitor: VisitorRecord, *, departs: bool) -> None:
        """A visitor who was taken over has left before it was let in. It `departs`, or gets the resume window."""
        if departs:
            self.depart(visitor, "left")
        else:
            self._wait_for(visitor)

    def release(self, visitor: VisitorRecord) -> None:
        """A visitor is one of another process from now on. Its connection closes without an event."""
        self._drop(visitor)
        self.pairing.release(visitor)
        socket, visitor.socket = visitor.socket, None
        if socket is not None:
            self.counter.changed(by=-1)
            socket.close()

    def _bequeath(self, visitor: VisitorRecord) -> None:
        elsewhere = visitor.half.partner.elsewhere if visitor.half is not None else None
        if elsewhere is not None:
            elsewhere.bequeath(visitor.tokens)

    def depart(self, visitor: VisitorRecord, reason: EndReason) -> None:
        """The session is over: nothing of it stays."""
        self._drop(visitor)
        self.pairing.forget(visitor, reason)

    def expel(self, visitor: VisitorRecord) -> None:
        """Ends the visitor's session and its connection: the operator has blocked its address."""
        socket, visitor.socket = visitor.socket, None
        if socket is not None:
            self.counter.changed(by=-1)
            socket.close(CloseCode.POLICY)
        self.depart(visitor, "moderated")

    def move(self, after_s: float) -> None:
        """Lets nobody in any more, not even those who come back: there is another server for them. Asks all who are
        here to move within so many seconds. Until then everything goes on.
        """
        self.leaving = self.closing = True
        self._farewell.say(after_s)

    def drain(self) -> None:
        """Prepares the end of the server: chats end with `drained`, searches end, and nobody comes in any more."""
        self.leaving = self.closing = self.draining = True
        for visitor in list(self.visitors.values()):
            self.pairing.end(visitor, "drained", tells_both=True)
            self.pairing.withdraw(visitor)
            if visitor.socket is None:
                self.depart(visitor, "drained")

    def _window_s(self, visitor: VisitorRecord, now: float) -> float:
        """How long it may come back. Whose chat has just been ended may not have heard so: its connection was dead
        already, and nobody had noticed. Such a visitor comes back to learn it, and may ask for the partner again.
        """
        last = visitor.last
        unheard = last is not None and last.reason is not None and now - last.ended_at <= NOTICED_S
        in_chat = visitor.half is not None or (unheard and visitor.ticket is None)
        return self.options.resume_window_chat_s if in_chat else self.options.resume_window_s

    def _close_window(self, visitor: VisitorRecord) -> None:
        window = self._windows.pop(visitor.id, None)
        if window is not None:
            self._alarms.cancel(window)
            if visitor.key:
                self._places.go(visitor.key, visitor.network)

    def _welcome(self, socket: VisitorSocket, comes_back: bool) -> events.WelcomeArgs:
        return events.WelcomeArgs(
            v=PROTOCOL_VERSION,
            server=self.options.server,
            online=self.counter.shown,
            ice_servers=self.options.ice_servers(socket.host, False),
            limits=self._limits,
            resume=self._new_token(socket.visitor),
            resumed=self._resumed(socket.visitor) if comes_back else None,
            paused=self.pause_of(socket.visitor) or UNSET,
            relay=self.options.has_turn,
        )

    def find(self, token: bytes) -> VisitorRecord | None:
        """The visitor whose token this is, or None."""
        return self._tokens.get(token)

    def claim(self, token: bytes) -> VisitorRecord | None:
        """As `find`. Its other token is dropped: the client has not shown that one."""
        visitor = self.find(token)
        if visitor is not None and token == visitor.token_before:
            visitor.token, visitor.token_before = token, visitor.token
        if visitor is not None:
            self.settle(visitor)
        return visitor

    def _new_token(self, visitor: VisitorRecord) -> str:
        """A new resume token. The previous one stays valid until the first event, as this `welcome` may get lost."""
        token = f"{self.options.node}.{secrets.token_urlsafe(TOKEN_BYTES)}".lstrip(".")
        visitor.token_before = visitor.token or None
        visitor.token = digest(token)
        self._tokens[visitor.token] = visitor
        return token

    def _resumed(self, visitor: VisitorRecord) -> events.Resumed:
        half = visitor.half
        if half is None:
            return events.Resumed(visitor.state.value)
        return events.Resumed(visitor.state.value, half.id, "away" if half.partner.is_away else "here")


def digest(token: str) -> bytes:
    """The SHA-256 of a resume token: all that is kept of it."""
    return hashlib.sha256(token.encode()).digest()


def read_auth(auth: bytes) -> events.Auth:
    """The body of CONNECT. Raises NamespaceRefused `version` for another version, `bad_args` for anything malformed."""
    try:
        version = _decode_version(auth or b"{}").v
        if version is True or version not in SPEAKS:  # in Python, True == 1
            raise refused("version")
        return _decode_auth(auth or b"{}")
    except DECODE_ERRORS:
        raise refused("bad_args") from None


def refused(code: Code) -> NamespaceRefused:
    """The refusal of a CONNECT; `version` comes with the versions that we speak."""
    speaks = list(SPEAKS) if code == "version" else None
    return NamespaceRefused(MESSAGES[code], events.ConnectErrorData(code, speaks))


def no_room(denial: Denial) -> NamespaceRefused:
    """The refusal of a CONNECT for which there is no place; it says when to try again."""
    data = events.ConnectErrorData(cast("Code", denial.code), retry_after_s=denial.retry_after_s)
    return NamespaceRefused(denial.message, data)


def limits_for(quotas: dict[str, Quota], options: ChatOptions) -> events.Limits:
    """The limits that `welcome` tells each client."""
    return events.Limits(
        interests=limits.INTERESTS,
        interest_chars=limits.INTEREST_CHARS,
        languages=limits.LANGUAGES,
        signal_bytes=limits.SIGNAL_BYTES,
        message_bytes=limits.MESSAGE_BYTES,
        resume_window_s=options.resume_window_s,
        quotas={name: quotas[name] for name in QUOTAS},
        resume_window_chat_s=options.resume_window_chat_s,
    )
