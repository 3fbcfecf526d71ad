"""All sessions of one path: the handshake, the registry of sessions, the end."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qs

from msgspec import Struct

from omefree.clock import Clock
from omefree.engine.alarms import Alarms, Timer
from omefree.engine.gate import Admission, Denial, Gate, Head, OpenGate
from omefree.engine.options import EngineOptions
from omefree.engine.session import CloseReason, Handler, Session, Transport
from omefree.errors import CloseCode, RequestRefused
from omefree.wire import engineio

SID_BYTES = 15  # 120 bits: a long-polling request proves with its sid alone that it belongs to a session
# As the official client writes it; `t` is of older ones, against caches. Any other query is read in full.
PLAIN_QUERY = re.compile(rb"EIO=4&transport=(polling|websocket)(?:&t=[\w.-]+)?(?:&sid=([\w.-]+))?", re.ASCII)
QUERY_FIELDS = 100  # arbitrary: clients send four, and applications add some of their own


class Query(Struct, frozen=True):
    """The query of an Engine.IO request. `sid` is None for a handshake."""

    transport: str
    sid: str | None


# The errors of the official server (engine.io, lib/server.ts), by number.
KINDS = {
    0: "Transport unknown",
    1: "Session ID unknown",
    2: "Bad handshake method",
    3: "Bad request",
    4: "Forbidden",
    5: "Unsupported protocol version",
}


def refused(kind: int, denial: Denial | None = None) -> RequestRefused:
    """The official server's error of this number. A gate's denial, if given, replaces its status and words."""
    said = denial or Denial(400, f"engine_{kind}", KINDS[kind])
    return RequestRefused(kind, said.status, said.code, said.message, said.retry_after_s)


class Abortable(Protocol):
    """A connection that we have closed and may have to cut."""

    def abort(self) -> None:
        """Cuts the connection at once."""
        ...


class PendingClose(Timer, Protocol):
    """The last packets of a closed session, whose client was between two polls."""

    def take(self) -> list[bytes]:
        """Hands over the packets; none are left."""
        ...


class Engine:
    """An Engine.IO server. It reads no clock and no socket itself: it is given both."""

    def __init__(
        self,
        options: EngineOptions,
        clock: Clock,
        new_handler: Callable[[Session], Handler],
        gate: Gate | None = None,
    ) -> None:
        self.options = options
        self.clock = clock
        self.gate: Gate = gate or OpenGate()
        self.alarms = Alarms(clock)
        self.sessions: dict[str, Session] = {}
        self.lingering: set[Abortable] = set()  # WebSockets that we closed and that still exist
        self.pending_closes: dict[str, PendingClose] = {}  # by sid, for `close_timeout_s`
        self.denials: Counter[str] = Counter()  # by code: how many requests the gate has refused
        self._new_handler = new_handler

    def parse(self, raw: bytes) -> Query:
        """Reads a query string. Raises RequestRefused as the official server does, and for too many fields."""
        if plain := PLAIN_QUERY.fullmatch(raw):
            return Query(plain[1].decode(), plain[2].decode() if plain[2] else None)
        try:
            fields = parse_qs(raw.decode("ascii", "replace"), max_num_fields=QUERY_FIELDS)
        except ValueError:
            raise refused(3) from None
        transport = fields.get("transport", [""])[0]
        if transport not in ("polling", "websocket"):
            raise refused(0)
        if fields.get("EIO") != ["4"]:
            raise refused(5)
        return Query(transport, fields.get("sid", [None])[0])

    def find(self, sid: str) -> Session:
        """The session with this sid. Raises RequestRefused if there is none."""
        session = self.sessions.get(sid)
        if session is None:
            raise refused(1)
        return session

    def check(self, head: Head) -> None:
        """Raises RequestRefused if the gate does not allow the request."""
        denial = self.gate.check(head)
        if denial is not None:
            raise self._denied(denial)

    def enter(self, head: Head) -> Admission:
        """Counts a new session. Raises RequestRefused if the gate does not allow another one."""
        admission = self.gate.enter(head)
        if isinstance(admission, Denial):
            raise self._denied(admission)
        return admission

    def open(self, admission: Admission, transport: Transport, upgrades: list[str]) -> Session:
        """Makes a session on a transport and sends its open packet. It is counted already (`enter`)."""
        sid = f"{self.options.node}.{secrets.token_urlsafe(SID_BYTES)}".lstrip(".")
        session = Session(self, sid, admission, transport)
        try:
            session.handler = self._new_handler(session)
        except BaseException:
            self.gate.exit(admission)
            raise
        self.sessions[sid] = session
        session.start(self.clock.time())
        session.send(self._handshake(sid, upgrades))
        return session

    def forget(self, session: Session) -> None:
        """Drops all that the engine holds of a session."""
        del self.sessions[session.sid]
        self.alarms.cancel(session)

    def ended(self, session: Session) -> None:
        """The session's handler knows that it is over: it is no longer counted."""
        self.gate.exit(session.admission)

    def close_all(self) -> None:
        """Closes every session, because the server stops."""
        for session in list(self.sessions.values()):
            session.close(CloseReason.SERVER, CloseCode.GOING_AWAY)

    def _denied(self, denial: Denial) -> RequestRefused:
        self.denials[denial.code] += 1
        return refused(4, denial)

    def _handshake(self, sid: str, upgrades: list[str]) -> bytes:
        return engineio.encode_handshake(
            engineio.Handshake(
                sid=sid,
                upgrades=upgrades,
                ping_interval=round(self.options.ping_interval_s * 1000),
                ping_timeout=round(self.options.ping_timeout_s * 1000),
                max_payload=self.options.max_payload_bytes,
            )
        )
