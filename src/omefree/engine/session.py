"""An Engine.IO session: heartbeat, upgrade, one first-in-first-out queue, close.

Source: the Engine.IO protocol, revision 4. A session does not know whether its transport is polling or WebSocket: it
calls `send` and `close`. What it receives goes to its handler.
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

    CLIENT = "client"  # the client said so: a disconnect packet, or WebSocket close 1000 or 1001
    CLOSED = "closed"  # a close packet: official clients send one also after a request that failed, and then come back
    LOST = "lost"  # the connection broke, or no pong came
    PROTOCOL = "protocol"  # the client broke the protocol
    SLOW = "slow"  # the client does not read what it is sent
    SERVER = "server"  # we closed it


class Transport(Protocol):
    """A transport under a session: polling or WebSocket."""

    def send(self, packet: bytes) -> None:
        """Takes a packet to send. The transport's own buffer is bounded."""

    def close(self, reason: CloseReason, code: int) -> None:
        """Lets what was sent go out, then closes. A second call is harmless."""

    def pause(self) -> bool:
        """Ends a hanging poll, because a WebSocket has probed. False if this transport cannot be replaced."""

    def retire(self) -> list[bytes]:
        """Returns the packets that this transport did not send, because another one has taken over."""


class Handler(Protocol):
    """Receives a session's messages and is told of its end."""

    def message(self, packet: bytes) -> None:
        """Takes a message as its whole packet: text with its leading `4`, or `Binary`. May raise ProtocolError."""

    def closed(self, reason: CloseReason) -> None:
        """The session is over, and nothing can be sent any more. Called once."""


class Registry(Protocol):
    """What a session needs from the engine that it belongs to (engine.py)."""

    options: EngineOptions
    clock: Clock
    alarms: Alarms

    def forget(self, session: Session) -> None:
        """Drops all that is held of a session that is over."""

    def ended(self, session: Session) -> None:
        """Stops counting a session. The handler has been told, so it may have taken a place in its stead."""


class Session:
    """One client's session. `send` is safe at any time: once the session is closed, it does nothing."""

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
        """The engine's options."""
        return self._engine.options

    @property
    def alarms(self) -> Alarms:
        """The engine's alarms, on which this session and its transports set deadlines."""
        return self._engine.alarms

    @property
    def clock(self) -> Clock:
        """The engine's clock."""
        return self._engine.clock

    def start(self, now: float) -> None:
        """Starts the heartbeat: the first ping is sent `ping_interval_s` after `now`."""
        self.alarms.set(self, now + self.options.ping_interval_s)

    def send(self, packet: bytes) -> None:
        """Sends a packet in order: at once, or behind those that wait for an upgrade."""
        if self.held is not None:
            self._hold(packet)
        elif self.transport is not None:
            self.transport.send(packet)

    def receive(self, packet: bytes) -> None:
        """Handles a checked packet from the transport. Raises ProtocolError if it is not allowed here."""
        if type(packet) is Binary:
            self._receive_binary(packet)
        elif packet[0] == MESSAGE_BYTE:
            self.message(packet)
        elif packet[0] == PONG_BYTE:
            self._receive_pong()
        elif packet[0] == CLOSE_BYTE:
            self.close(CloseReason.CLOSED)
        else:
            raise ProtocolError("unexpected packet")

    def message(self, packet: bytes) -> None:
        """Gives a message, as its whole packet, to the handler. Raises ProtocolError if the handler does."""
        try:
            self.handler.message(packet)
        except ProtocolError:
            raise
        except Exception:
            self.break_off()

    def break_off(self) -> None:
        """Closes the session, because its handler has just raised what it may not."""
        log.exception("a handler failed")
        self.close(CloseReason.SERVER, CloseCode.INTERNAL_ERROR)

    def wake(self, now: float) -> None:
        """Sends a ping that is due, or closes the session because a pong is overdue."""
        if self._awaits_pong:
            self.close(CloseReason.LOST)
            return
        self._awaits_pong = True
        self.alarms.set(self, now + self.options.ping_timeout_s)
        self.send(engineio.PING)

    def close(self, reason: CloseReason, code: int = CloseCode.NORMAL) -> None:
        """Ends the session and tells its handler. A second call does nothing."""
        transport, probe = self.transport, self.probe
        if transport is None:
            return
        self.transport = self.probe = self.held = None
        self._engine.forget(self)
        if probe is not None:
            probe.close(reason, code)
        transport.close(reason, code)
        self._tell(reason)
        self._engine.ended(self)

    def fail(self, error: ProtocolError) -> None:
        """Closes the session, because the client broke the protocol."""
        self.close(CloseReason.PROTOCOL, error.close_code)

    def lost(self, transport: Transport, reason: CloseReason = CloseReason.LOST) -> None:
        """A transport has gone, and with it the session. If it had only probed, long-polling goes on."""
        if transport is self.probe:
            self.probe = None
            self._release()
        elif transport is self.transport:
            self.close(reason)

    def begin_upgrade(self, probe: Transport) -> None:
        """Makes packets wait, because a WebSocket has probed. Raises ProtocolError if it cannot upgrade now."""
        if self.transport is None or self.probe is not None or not self.transport.pause():
            raise ProtocolError("no upgrade now", CloseCode.POLICY)
        self.probe = probe
        self.held, self.held_bytes = [], 0

    def finish_upgrade(self, probe: Transport) -> None:
        """Makes the WebSocket the transport and sends what waited, in order: the upgrade packet has come.

        Raises ProtocolError if this WebSocket has not probed.
        """
        if self.transport is None or probe is not self.probe:
            raise ProtocolError("upgrade without a probe", CloseCode.POLICY)
        self.held = self.transport.retire() + (self.held or [])
        self.transport, self.probe = probe, None
        self._release()

    def _tell(self, reason: CloseReason) -> None:
        """Makes the last call to the handler and drops it.

        The two hold each other: without this, only the garbage collector would free them.
        """
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
        if self._awaits_pong:  # a pong without a ping changes nothing (CVE-2026-48802)
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
