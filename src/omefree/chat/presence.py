"""The visitors of this process: arrivals, broken connections, resumes, departures (protocol.md, rules 7 and 8)."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import msgspec

from omefree.chat.counter import Counter
from omefree.chat.frames import DECODE_ERRORS, event_frame
from omefree.chat.options import ChatOptions
from omefree.chat.pairing import Pairing
from omefree.chat.reports import Reports
from omefree.chat.reunions import Reunions
from omefree.chat.visitor import VisitorRecord
from omefree.chat.visitor_socket import ICE_OUTSIDE, VisitorSocket
from omefree.clock import Clock
from omefree.contract import events, limits
from omefree.contract.codes import MESSAGES, PROTOCOL_VERSION, SPEAKS, Code, EndReason
from omefree.contract.limits import QUOTAS, Quota
from omefree.engine.alarms import Alarms
from omefree.engine.sockets import Socket
from omefree.errors import EventError, NamespaceRefused
from omefree.exchange.interface import Exchange
from omefree.guard.quota import scaled

ID_BYTES = 12
TOKEN_BYTES = 24  # 192 bits: whoever shows a token is taken for its visitor


class Version(msgspec.Struct):
    """The version in the body of CONNECT. It may be of any type, so that a wrong one is answered as a wrong version."""

    v: Any = PROTOCOL_VERSION


_decode_version = msgspec.json.Decoder(Version).decode
_decode_auth = msgspec.json.Decoder(events.Auth).decode


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

    def __init__(self, options: ChatOptions, clock: Clock, alarms: Alarms, exchange: Exchange) -> None:
        self.options = options
        self.clock = clock
        self.draining = False
        self.visitors: dict[str, VisitorRecord] = {}
        self.pairing = Pairing(options, clock, self.visitors, exchange)
        self.reunions = Reunions(clock, self.visitors, exchange, self.pairing)
        self.reports = Reports(clock, self.visitors, exchange, self.pairing)
        exchange.listen(self.pairing)
        self.counter = Counter(clock, alarms, self.visitors)
        self._alarms = alarms
        self._tokens: dict[bytes, VisitorRecord] = {}
        self._windows: dict[str, ResumeWindow] = {}  # of the visitors that are away
        self.quotas: dict[str, Quota] = {name: scaled(each, options.quota_scale) for name, each in QUOTAS.items()}
        self.quotas[ICE_OUTSIDE] = scaled(limits.ICE_OUTSIDE_A_CHAT, options.quota_scale)
        self._limits = limits_for(self.quotas)

    def connect(self, socket: Socket, auth: bytes) -> VisitorSocket:
        """The handler of a new socket, for a new or a resumed visitor. Raises NamespaceRefused."""
        asked = read_auth(auth)
        if self.draining:
            raise refused("draining")
        visitor = self._claim(digest(asked.resume)) if asked.resume else None
        return VisitorSocket(self, socket, visitor or VisitorRecord(secrets.token_urlsafe(ID_BYTES)))

    def check_open(self) -> None:
        """Raises EventError `draining` if the server is about to close: no chat begins any more."""
        if self.draining:
            raise EventError("draining")

    def welcome(self, socket: VisitorSocket) -> None:
        """Called once the client has been told that its socket is open. A resumed visitor is told where it stands."""
        visitor, old = socket.visitor, socket.visitor.socket
        comes_back = bool(visitor.token)
        was_away = comes_back and old is None
        visitor.socket = socket
        self.visitors[visitor.id] = visitor
        if old is not None:
            old.close()
        self._close_window(visitor)
        self.counter.changed(by=int(old is None))
        socket.send(event_frame(events.Welcome(self._welcome(socket, comes_back))))
        if comes_back:
            self.pairing.resume(visitor, was_away=was_away)
            self.reunions.reunite(visitor)

    def settle(self, visitor: VisitorRecord) -> None:
        """Drops the previous resume token. The visitor's first event shows that the new token has arrived."""
        if visitor.token_before is not None:
            self._tokens.pop(visitor.token_before, None)
            visitor.token_before = None

    def disconnect(self, visitor: VisitorRecord, *, departs: bool) -> None:
        """Handles the end of a connection: the visitor `departs` now, or gets the resume window."""
        visitor.socket = None
        self.counter.changed(by=-1)
        if departs or self.draining:
            self.depart(visitor, "left" if departs else "drained")
            return
        window = self._windows[visitor.id] = ResumeWindow(self, visitor)
        self._alarms.set(window, self.clock.time() + limits.RESUME_WINDOW_S)
        self.pairing.pause(visitor)

    def depart(self, visitor: VisitorRecord, reason: EndReason) -> None:
        """The session is over: nothing of it stays."""
        self._close_window(visitor)
        self.settle(visitor)
        self._tokens.pop(visitor.token, None)
        self.visitors.pop(visitor.id, None)
        self.pairing.forget(visitor, reason)

    def drain(self) -> None:
        """Prepares the end of the server: chats end with `drained`, searches end, and nobody comes in any more."""
        self.draining = True
        for visitor in list(self.visitors.values()):
            self.pairing.end(visitor, "drained", tells_both=True)
            self.pairing.withdraw(visitor)

    def _close_window(self, visitor: VisitorRecord) -> None:
        window = self._windows.pop(visitor.id, None)
        if window is not None:
            self._alarms.cancel(window)

    def _welcome(self, socket: VisitorSocket, comes_back: bool) -> events.WelcomeArgs:
        return events.WelcomeArgs(
            v=PROTOCOL_VERSION,
            server=self.options.server,
            online=self.counter.count,
            ice_servers=self.options.ice_servers(socket.host, False),
            limits=self._limits,
            resume=self._new_token(socket.visitor),
            resumed=self._resumed(socket.visitor) if comes_back else None,
        )

    def _claim(self, token: bytes) -> VisitorRecord | None:
        """The visitor whose token this is, or None. Its other token is dropped: the client has not shown that one."""
        visitor = self._tokens.get(token)
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
        return events.Resumed(visitor.state.value, half.id, "away" if half.partner.socket is None else "here")


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


def limits_for(quotas: dict[str, Quota]) -> events.Limits:
    """The limits that `welcome` tells each client."""
    return events.Limits(
        interests=limits.INTERESTS,
        interest_chars=limits.INTEREST_CHARS,
        languages=limits.LANGUAGES,
        signal_bytes=limits.SIGNAL_BYTES,
        message_bytes=limits.MESSAGE_BYTES,
        resume_window_s=limits.RESUME_WINDOW_S,
        quotas={name: quotas[name] for name in QUOTAS},
    )
