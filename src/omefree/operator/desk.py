"""The socket beside the control file: the operator's commands ask there, and the running server answers in numbers.

It is a UNIX socket that only its owner may open. One question and one answer a connection, each a line of JSON. No
answer names a visitor, and a number of visitors below 5 is told as "<5".
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct

from omefree.errors import ControlError, OrderError
from omefree.guard.counters import Shown
from omefree.net import unix

SUFFIX = ".sock"
QUESTION_BYTES, ANSWER_BYTES = 1_024, 65_536
PATIENCE_S = 5.0


class AskSafety(Struct, frozen=True, tag_field="ask", tag="safety"):
    """What were the counters of today?"""


class AskPresent(Struct, frozen=True, tag_field="ask", tag="present"):
    """How many are here?"""


class AskUnder(Struct, frozen=True, tag_field="ask", tag="under"):
    """How many sessions are under this prefix?"""

    prefix: str


Question: TypeAlias = AskSafety | AskPresent | AskUnder


class Safety(Struct, frozen=True):
    """The counters that are not zero, of a UTC day (`2026-11-29`)."""

    day: str
    counters: dict[str, Shown]


class Present(Struct, frozen=True):
    """How many sessions and chats there are. None: that cannot be told."""

    sessions: Shown | None = None
    chats: Shown | None = None


Answer: TypeAlias = Safety | Present


class Sums(Struct, frozen=True):
    """What an answer is made of, exact: one worker tells it to another, and nobody else. `halves`: each chat has two.

    `under`: the sessions under the prefix that was asked for; None if that cannot be told.
    """

    counters: dict[str, int]
    sessions: int
    halves: int
    under: int | None = None


decode_question = msgspec.json.Decoder(Question).decode
encode = msgspec.json.encode


decode_sums = msgspec.json.Decoder(Sums).decode


class Desk:
    """The server's end of the socket. `path` is None if it is not this process's to remove."""

    def __init__(self, path: str | None, server: asyncio.Server) -> None:
        self._path = path
        self._server = server

    def close(self) -> None:
        """Stops answering, and removes the socket."""
        self._server.close()
        if self._path is not None:
            with contextlib.suppress(OSError):
                Path(self._path).unlink()


async def listen(
    control_file: str, answer: Callable[[Question], Awaitable[Answer]], bound: socket.socket | None = None
) -> Desk:
    """Answers beside this control file, or on a socket that is there already (all workers of a machine have the same).

    Raises OSError, also if another server answers there.
    """
    path = control_file + SUFFIX

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A question that is none, or takes too long, is not worth an answer.
        with contextlib.suppress(OSError, TimeoutError, ValueError, ControlError):
            async with asyncio.timeout(PATIENCE_S):
                writer.transport.write(encode(await answer(decode_question(await reader.readline()))) + b"\n")
                await writer.drain()
        writer.close()

    sock = bound or unix.listen(path, unix.ONLY_OWNER)
    server = await asyncio.start_unix_server(serve, sock=sock, limit=QUESTION_BYTES)
    return Desk(None if bound else path, server)


def ask_safety(control_file: str) -> Safety:
    """The counters of the server that reads this control file. Raises OrderError."""
    return msgspec.json.decode(ask(control_file, AskSafety()), type=Safety)


def ask_present(control_file: str, question: AskPresent | AskUnder) -> Present:
    """How many are here, or under a prefix, at the server that reads this control file. Raises OrderError."""
    return msgspec.json.decode(ask(control_file, question), type=Present)


def ask(control_file: str, question: Question) -> bytes:
    """The answer of the running server, JSON. Raises OrderError if there is none."""
    path = control_file + SUFFIX
    try:
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(PATIENCE_S)
            caller.connect(path)
            caller.sendall(encode(question) + b"\n")
            with caller.makefile("rb") as answers:
                answer = answers.readline(ANSWER_BYTES)
    except OSError as error:
        raise OrderError(f"no server answers at {path}: {error.strerror or 'it takes too long'}") from None
    if not answer.endswith(b"\n"):
        raise OrderError(f"the server at {path} did not answer")
    return answer
