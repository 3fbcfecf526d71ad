"""Accepts on a TLS port: the first byte of a connection says whether it speaks TLS, as it should, or plain HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections.abc import Callable

from omefree.clock import Clock, Handle
from omefree.engine.alarms import Alarms

HANDSHAKE_TIMEOUT_S = 10.0  # from the connection to its TLS: as long as a head has
ASIDE_S = 60.0  # the loop's own deadline, behind ours
AT_ONCE = 100  # connections accepted in one turn of the loop
FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
FULL_PAUSE_S = 1.0  # as long as asyncio waits then

log = logging.getLogger(__name__)

NewProtocol = Callable[[], asyncio.BaseProtocol]


class TlsPort:
    """A listening socket, with what uvicorn uses of a server. `plain` makes the protocol for clients without TLS."""

    def __init__(
        self,
        sock: socket.socket,
        context: ssl.SSLContext,
        new: NewProtocol,
        plain: NewProtocol,
        alarms: Alarms,
        clock: Clock,
    ) -> None:
        self.sockets = (sock,)
        self.context = context
        self.new = new
        self.plain = plain
        self.alarms = alarms
        self.clock = clock
        self.loop = asyncio.get_running_loop()
        self.arrivals: set[Arrival] = set()
        self._sock = sock
        sock.setblocking(False)
        self._resume: Handle | None = None
        self._listen()

    def close(self) -> None:
        """Accepts no more, and cuts what has not agreed on TLS yet."""
        if self._resume is not None:
            self._resume.cancel()
        if self._sock.fileno() >= 0:
            self.loop.remove_reader(self._sock)
            self._sock.close()
        for arrival in list(self.arrivals):
            arrival.cut()

    async def wait_closed(self) -> None:
        """Returns at once: nothing of a closed port goes on."""

    def _listen(self) -> None:
        self.loop.add_reader(self._sock, self._accept)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, _ = self._sock.accept()
            except OSError as error:
                if error.errno in FULL:
                    self._pause()
                return  # nobody waits, or whoever did has gone
            accepted.setblocking(False)
            Arrival(self, accepted)

    def _pause(self) -> None:
        log.error("too many connections")
        self.loop.remove_reader(self._sock)
        self._resume = self.clock.call_at(self.clock.time() + FULL_PAUSE_S, self._listen)


class Arrival:
    """An accepted connection until it is a protocol's. The kernel keeps its first bytes: they are only looked at."""

    __slots__ = ("_ours", "_port", "_sock", "_task", "alarm")

    def __init__(self, port: TlsPort, sock: socket.socket) -> None:
        self.alarm = 0
        self._port = port
        self._sock = sock
        self._ours = True  # until a transport of the loop has the socket, and closes it
        sock.setblocking(False)
        self._task: asyncio.Task[None] | None = None
        port.arrivals.add(self)
        port.alarms.set(self, port.clock.time() + HANDSHAKE_TIMEOUT_S)
        port.loop.add_reader(sock, self._look)

    def wake(self, now: float) -> None:
        """Cuts a client that is slow on purpose."""
        self.cut()

    def cut(self) -> None:
        """Ends the connection."""
        if self._task is not None:
            self._task.cancel()
        else:
            self._port.loop.remove_reader(self._sock)
            self._done()

    def _look(self) -> None:
        try:
            first = self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            first = b""
        if not first:
            self.cut()
            return
        self._port.loop.remove_reader(self._sock)
        # A method of HTTP is letters. TLS begins with the type of a record, 22 (RFC 8446, section 5.1).
        self._task = self._port.loop.create_task(self._plain() if first.isalpha() else self._tls())
        self._task.add_done_callback(self._done)

    async def _plain(self) -> None:
        self._ours = False
        await self._port.loop.connect_accepted_socket(self._port.plain, self._sock)

    async def _tls(self) -> None:
        self._ours = False
        port = self._port
        with contextlib.suppress(OSError):  # ssl.SSLError is one: no TLS was agreed on
            await port.loop.connect_accepted_socket(
                port.new, self._sock, ssl=port.context, ssl_handshake_timeout=ASIDE_S
            )

    def _done(self, _task: asyncio.Task[None] | None = None) -> None:
        if self._ours:  # a task that is cancelled before its first step runs nothing of its own, no `finally` either
            self._sock.close()
        self._port.alarms.cancel(self)
        self._port.arrivals.discard(self)
