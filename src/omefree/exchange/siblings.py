"""The short way between workers of one machine: their batches pass the engine by. A wire over another wire.

Each worker reads one end of a pair of UNIX sockets, and its siblings have the other end. Their supervisor has made it,
so no stranger can listen or write there; what is sent is sealed all the same. A batch comes whole, and in order, or not
at all (SOCK_SEQPACKET). The registry stays with the engine, and so does what is said to all.

What the engine says of a node that does not listen, it still says of a sibling: a socket that its worker has closed
takes nothing, and the batch then goes by the engine, which answers that nobody listens.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from omefree.exchange.wire import BEAT_S, Beat, Publication, Wire, WireListener, channel_of, tag_of

LETTER_BYTES = 131_072  # more than any sealed batch: one larger than contract.batches.BATCH_BYTES has one item alone
QUEUE_BYTES = 4_000_000  # for a sibling that does not read: more is lost, and repeated by its stream, as at the engine
AT_ONCE = 16  # batches taken in one turn of the loop; then others have theirs


class Siblings:
    """This worker's socket for batches, and those of its siblings."""

    def __init__(self, own: socket.socket) -> None:
        own.setblocking(False)
        self._own = own
        self._buffer = memoryview(bytearray(LETTER_BYTES))
        self._others: dict[str, Sibling] = {}

    def join(self, tag: str, sock: socket.socket) -> None:
        """There is one more sibling."""
        sock.setblocking(False)
        self._others[tag] = Sibling(sock)

    def leave(self, tag: str) -> None:
        """There is one less. What waits for it is lost."""
        if sibling := self._others.pop(tag, None):
            sibling.close()

    def open(self, heard: Callable[[bytes], None]) -> None:
        """Gives each batch that comes to `heard` from now on."""
        asyncio.get_running_loop().add_reader(self._own, self._read, heard)

    def send(self, tag: str, data: bytes) -> bool:
        """Sends a batch. False: there is no such sibling, or it has closed its socket."""
        sibling = self._others.get(tag)
        if sibling is None:
            return False
        try:
            sibling.send(data)
        except OSError:
            self.leave(tag)
            return False
        return True

    async def close(self) -> None:
        """Hears no more, and returns when what waits has been sent: after BEAT_S at the latest."""
        if self._own.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._own)
            self._own.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(BEAT_S):
                for sibling in list(self._others.values()):
                    await sibling.is_idle.wait()
        for tag in list(self._others):
            self.leave(tag)

    def _read(self, heard: Callable[[bytes], None]) -> None:
        for _ in range(AT_ONCE):
            try:
                size = self._own.recv_into(self._buffer)
            except OSError:  # there is no more
                return
            if size:
                heard(bytes(self._buffer[:size]))
            else:  # nobody is left who could write; the kernel says so again and again
                asyncio.get_running_loop().remove_reader(self._own)
                return


class Sibling:
    """The socket to one sibling, and what waits until there is room in it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._queue: deque[bytes] = deque()
        self._queue_bytes = 0
        self.is_idle = asyncio.Event()
        self.is_idle.set()

    def send(self, data: bytes) -> None:
        """Sends a batch, or keeps it until there is room. Raises OSError if the sibling is gone."""
        if not self._queue:
            try:
                self._sock.send(data)
            except BlockingIOError:
                self.is_idle.clear()
                asyncio.get_running_loop().add_writer(self._sock, self._go_on)
            else:
                return
        if self._queue_bytes + len(data) <= QUEUE_BYTES:
            self._queue.append(data)
            self._queue_bytes += len(data)

    def close(self) -> None:
        """Sends nothing more."""
        self._rest()
        self._sock.close()

    def _go_on(self) -> None:
        try:
            while self._queue:
                self._sock.send(self._queue[0])
                self._queue_bytes -= len(self._queue.popleft())
        except BlockingIOError:
            return
        except OSError:  # it is gone: the next batch is told so
            self._queue.clear()
            self._queue_bytes = 0
        self._rest()

    def _rest(self) -> None:
        if not self.is_idle.is_set():
            self.is_idle.set()
            asyncio.get_running_loop().remove_writer(self._sock)


class EngineWire(Wire, Protocol):
    """A wire that ends in its own time."""

    async def wait_closed(self) -> None:
        """Returns when all is closed, after BEAT_S at the latest."""


class SiblingWire:
    """A Wire (wire.py) over that of the engine."""

    def __init__(self, wire: EngineWire, tag: str, siblings: Siblings) -> None:
        self._wire = wire
        self._channel = channel_of(tag)
        self._siblings = siblings
        self._listener: WireListener

    def listen(self, listener: WireListener) -> None:
        """Tells this listener from now on, also what siblings send."""
        self._listener = listener
        self._wire.listen(listener)
        self._siblings.open(self._hear)

    def publish(self, publications: Sequence[Publication]) -> None:
        """Sends what is for siblings to them, and all else by the engine, each in this order."""
        send = self._siblings.send
        rest = [each for each in publications if not send(tag_of(each.channel), each.data)]
        if rest:
            self._wire.publish(rest)

    def beat(self, beat: Beat) -> None:
        """Renews the lease at the engine."""
        self._wire.beat(beat)

    def close(self, farewell: Sequence[Publication]) -> None:
        """Gives back lease and leaderships. `wait_closed` waits for that, and until siblings have what was sent."""
        self._wire.close(farewell)

    async def wait_closed(self) -> None:
        """Returns when all is closed, after BEAT_S at the latest."""
        await asyncio.gather(self._wire.wait_closed(), self._siblings.close())

    def _hear(self, data: bytes) -> None:
        self._listener.on_arrival(self._channel, data)
