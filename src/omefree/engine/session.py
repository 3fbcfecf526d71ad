"""An Engine.IO session: heartbeat, upgrade, one first-in-first-out queue, close.

Source: the Engine.IO protocol, revision 4. The session does not know which of the two transports it has, polling or
WebSocket: it calls `send` and `close`. What it receives goes to its handler.
"""

from __future__ import annotations

import logging
from enum import Enum
from typing import Protocol

from omefree.clock import Clock
from omefree.engine.alarms import Alarms
from omefree.engine.gate import Admission
from omefree.engine.options import EngineOptions
from omefree.errors import CloseCode, ProtocolError
from omefree.wire import engineio
from omefree.wire.engineio import Binary

CLOSE_BYTE, PONG_BYTE, MESSAGE_BYTE = b"134"

log = logging.getLogger(__name__)


class CloseReason(Enum):
    """Why a session ended."""

    CLIENT = "client"  # the client said so: a close or disconnect packet, or WebSocket close 1000 or 1001
    LOST = "lost"  # the link broke, or no pong came
    PROTOCOL = "protocol"  # the client broke the protocol
    SLOW = "slow"  # the client does not read what it is sent
    SERVER = "server"  # we closed it


class Transport(Protocol):
    """One transport under a session."""

    def send(self, packet: bytes) -> None:
        """Takes a packet; the link's own buffer is bounded."""

    def close(self, reason: CloseReason, code: int) -> None:
        """Lets what was sent go out, then closes. Calling it twice is harmless."""

    def pause(self) -> bool:
        """A WebSocket has probed: ends a hanging poll. False if this link cannot be replaced."""

    def retire(self) -> list[bytes]:
        """Another link has taken over: returns the packets that this one did not send."""


class Handler(Protocol):
    """What receives a session's messages."""

    def message(self, packet: bytes) -> None:
        """A message, as its whole packet: text with its leading `4`, or `Binary`. May raise ProtocolError."""

    def closed(self, reason: CloseReason) -> None:
        """The session is over; nothing can be sent any more."""


class Registry(Protocol):
    """What a session needs of the engine that it belongs to (engine.py)."""

    options: EngineOptions
    clock: Clock
    alarms: Alarms

    def forget(self, session: Session) -> None:
        """Drops all that is held of a session that is over."""


class Session:
    """One client. `send` is safe at any time: once closed it does nothing."""

    __slots__ = (
        "_awaits_pong",
        "_engine",
        "admission",
        "alarm",
        "handler",
        "held",
        "held_bytes",
        "probe",
        "sid",
        "transport",
    )

    def __init__(self, engine: Registry, sid: str, admission: Admission, transport: Transport) -> None:
        self._engine = engine
        self.sid = sid
        self.admission = admission
        self.transport: Transport | None = transport
        self.probe: Transport | None = None  # a WebSocket that has probed and not yet upgraded
        self.held: list[bytes] | None = None  # packets that wait from the probe until the upgrade packet
        self.held_bytes = 0
        self.alarm = 0
        self._awaits_pong = False
        self.handler: Handler

    @property
    def options(self) -> EngineOptions:
        return self._engine.options

    @property
    def alarms(self) -> Alarms:
        return self._engine.alarms

    @property
    def clock(self) -> Clock:
        return self._engine.clock

    def start(self, now: float) -> None:
        self.alarms.set(self, now + self.options.ping_interval_s)

    def send(self, packet: bytes) -> None:
        """Sends a packet in order: at once, or behind those that wait for an upgrade."""
        if self.held is not None:
            self._hold(packet)
        elif self.transport is not None:
            self.transport.send(packet)

    def receive(self, packet: bytes) -> None:
        """A checked packet from the session's link. Raises ProtocolError if it is not allowed here."""
        if type(packet) is Binary:
            self._receive_binary(packet)
        elif packet[0] == MESSAGE_BYTE:
            self.message(packet)
        elif packet[0] == PONG_BYTE:
            self._receive_pong()
        elif packet[0] == CLOSE_BYTE:
            self.close(CloseReason.CLIENT)
        else:
            raise ProtocolError("unexpected packet")

    def message(self, packet: bytes) -> None:
        """A message from the session's transport, as its whole packet. Raises ProtocolError if the handler does."""
        try:
            self.handler.message(packet)
        except ProtocolError:
            raise
        except Exception:
            log.exception("a handler failed")
            self.close(CloseReason.SERVER, CloseCode.INTERNAL_ERROR)

    def wake(self, now: float) -> None:
        """The heartbeat: a ping is due, or its pong is overdue."""
        if self._awaits_pong:
            self.close(CloseReason.LOST)
            return
        self._awaits_pong = True
        self.alarms.set(self, now + self.options.ping_timeout_s)
        self.send(engineio.PING)

    def close(self, reason: CloseReason, code: int = CloseCode.NORMAL) -> None:
        """Ends the session; the second call does nothing."""
        transport, probe = self.transport, self.probe
        if transport is None:
            return
        self.transport = self.probe = self.held = None
        self._engine.forget(self)
        if probe is not None:
            probe.close(reason, code)
        transport.close(reason, code)
        self._tell(reason)

    def fail(self, error: ProtocolError) -> None:
        """The client broke the protocol."""
        self.close(CloseReason.PROTOCOL, error.close_code)

    def lost(self, transport: Transport, reason: CloseReason = CloseReason.LOST) -> None:
        """A link has gone. A probing WebSocket takes nothing with it: long-polling goes on."""
        if transport is self.probe:
            self.probe = None
            self._release()
        elif transport is self.transport:
            self.close(reason)

    def begin_upgrade(self, probe: Transport) -> None:
        """A WebSocket has probed: from now on packets wait. Raises ProtocolError if an upgrade is not possible."""
        if self.transport is None or self.probe is not None or not self.transport.pause():
            raise ProtocolError("no upgrade now", CloseCode.POLICY)
        self.probe = probe
        self.held, self.held_bytes = [], 0

    def finish_upgrade(self, probe: Transport) -> None:
        """The upgrade packet has come: the WebSocket becomes the transport, and what waited goes out in order."""
        if self.transport is None or probe is not self.probe:
            raise ProtocolError("upgrade without a probe", CloseCode.POLICY)
        self.held = self.transport.retire() + (self.held or [])
        self.transport, self.probe = probe, None
        self._release()

    def _tell(self, reason: CloseReason) -> None:
        """The handler's last call. The two hold each other: without letting go only the garbage collector ends both."""
        handler = self.handler
        del self.handler
        try:
            handler.closed(reason)
        except Exception:
            log.exception("a handler failed")

    def _receive_binary(self, packet: Binary) -> None:
        if not self.options.binary:
            raise ProtocolError("no binary messages here", CloseCode.UNSUPPORTED)
        self.message(packet)

    def _receive_pong(self) -> None:
        if self._awaits_pong:  # one that was not asked for changes nothing (CVE-2026-48802)
            self._awaits_pong = False
            self.alarms.set(self, self.clock.time() + self.options.ping_interval_s)

    def _hold(self, packet: bytes) -> None:
        assert self.held is not None
        self.held.append(packet)
        self.held_bytes += len(packet)
        if self.held_bytes > self.options.send_queue_bytes:
            self.close(CloseReason.SLOW, CloseCode.POLICY)

    def _release(self) -> None:
        held, self.held = self.held, None
        for packet in held or ():
            self.send(packet)
