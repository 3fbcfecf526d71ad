"""What one worker sends to another: connections of the other's sessions, and questions for sums of all.

Each worker reads one end of a pair of UNIX sockets, and every sibling has the other end. So there is no path that a
stranger could open. A message is taken whole or not at all (SOCK_SEQPACKET). When the reader dies, the kernel closes
what waits for it.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec
from msgspec import Struct

from omefree.engine.handover import Origin
from omefree.workers.brief import MESSAGE_BYTES

AT_ONCE = 64  # letters taken in one turn of the loop, some ms; then others have theirs
PATIENCE_S = 1.0  # for a sibling's answer: without it, its part of a sum is missing


class Handed(Struct, frozen=True, tag="handed"):
    """Go on with the connection that comes along: these bytes of it were read."""

    first: bytes
    peer: str | None


class Asked(Struct, frozen=True, tag="asked"):
    """Answer this question about something, through the socket that comes along."""

    about: str
    question: bytes


Letter: TypeAlias = Handed | Asked
Adopt: TypeAlias = Callable[[socket.socket, Origin], None]
Answer: TypeAlias = Callable[[bytes], bytes]
Answers: TypeAlias = Mapping[str, Answer]

_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.Decoder(Letter).decode


class Mailbox:
    """One worker's mailbox, and those of its siblings (engine.handover.Siblings)."""

    def __init__(self, own: socket.socket) -> None:
        own.setblocking(False)
        self._own = own
        self._others: dict[str, socket.socket] = {}
        self._retires = False

    def open(self, adopt: Adopt, answers: Answers) -> None:
        """Takes letters from now on: connections go to `adopt`, and `answers` has the answer to each question."""
        asyncio.get_running_loop().add_reader(self._own, self._read, adopt, answers)

    def close(self) -> None:
        """Takes no more letters. What waits is closed, as if this worker had died."""
        if self._own.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._own)
        for sock in (self._own, *self._others.values()):
            sock.close()
        self._others.clear()

    def join(self, tag: str, mailbox: socket.socket) -> None:
        """There is one more sibling."""
        mailbox.setblocking(False)
        self._others[tag] = mailbox

    def leave(self, tag: str) -> None:
        """There is one less."""
        if sibling := self._others.pop(tag, None):
            sibling.close()

    def retire(self) -> None:
        """This worker takes nobody new any more."""
        self._retires = True

    @property
    def heir(self) -> str:
        """The sibling that takes whoever comes here without a session of ours: the youngest one, once we retire."""
        return next(reversed(self._others), "") if self._retires else ""

    def knows(self, tag: str) -> bool:
        """Whether there is a sibling with this tag."""
        return tag in self._others

    def hand(self, tag: str, descriptor: int, origin: Origin) -> bool:
        """Gives a sibling a connection. False: it is gone, has no room for one more, or too much was read already."""
        return self._send(tag, Handed(origin.first, origin.peer), descriptor)

    async def ask(self, about: str, question: bytes = b"") -> list[bytes]:
        """The answers of all siblings. One that does not answer in PATIENCE_S is left out."""
        asked = [self._ask(tag, Asked(about, question)) for tag in list(self._others)]
        return [answer for answer in await asyncio.gather(*asked) if answer is not None]

    async def _ask(self, tag: str, letter: Asked) -> bytes | None:
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with near:
            near.setblocking(False)
            with far:
                if not self._send(tag, letter, far.fileno()):
                    return None
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    return await asyncio.get_running_loop().sock_recv(near, MESSAGE_BYTES) or None
        return None

    def _send(self, tag: str, letter: Letter, descriptor: int) -> bool:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        written = _encode(letter)
        if len(written) > MESSAGE_BYTES:  # the reader would get a part of it
            return False
        try:
            self._others[tag].sendmsg([written], rights)
        except BlockingIOError:
            return False
        except OSError:
            self.leave(tag)
            return False
        return True

    def _read(self, adopt: Adopt, answers: Answers) -> None:
        for _ in range(AT_ONCE):
            try:
                data, descriptors, _, _ = socket.recv_fds(self._own, MESSAGE_BYTES, 1)
            except OSError:
                return
            if not data:
                return
            for descriptor in descriptors:
                os.set_inheritable(descriptor, False)
                self._take(_decode(data), socket.socket(fileno=descriptor), adopt, answers)

    def _take(self, letter: Letter, sock: socket.socket, adopt: Adopt, answers: Answers) -> None:
        sock.setblocking(False)
        match letter:
            case Handed(first, peer):
                adopt(sock, Origin(first, peer))
            case Asked(about, question):
                with sock, contextlib.suppress(OSError):  # whoever asked waits no longer
                    sock.send(answers[about](question) if about in answers else b"")
