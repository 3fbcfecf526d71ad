"""What a supervisor tells its workers, over a pair of UNIX sockets: each message may bring descriptors (SCM_RIGHTS)."""

import os
import socket
from collections.abc import Sequence
from typing import TypeAlias

import msgspec
from msgspec import Struct

VARIABLE = "OMEFREE_WORKER"  # the number of the worker's descriptor: it marks a process as a worker
MESSAGE_BYTES = 131_072  # more than any head with what may come behind it in one read (wiping_reader.READ_BYTES)
DESCRIPTORS_MAX = 250  # SCM_MAX_FD (linux/net/scm.h) is 253


class Brief(Struct, frozen=True, tag="brief"):
    """The first message. Its descriptors are, in this order: the mailbox, the socket for batches, the places, the
    sockets that listen, and for each sibling its mailbox and its socket for batches.

    `tag` is the worker's name in the chat, `slot` its place among the numbers of all. `listening` has how many sockets
    there are of each kind, `siblings` the siblings' tags. `exchange` and `secret` are empty if the settings have them.
    """

    tag: str
    slot: int
    listening: dict[str, int]
    siblings: list[str]
    exchange: str = ""
    secret: str = ""


class Joined(Struct, frozen=True, tag="joined"):
    """There is one more sibling. Its mailbox and its socket for batches come along."""

    tag: str


class Gone(Struct, frozen=True, tag="gone"):
    """There is one less."""

    tag: str


class End(Struct, frozen=True, tag="end"):
    """End politely. `siblings_stay`: this worker alone is renewed, so its visitors can move to its siblings. Otherwise
    all workers end. `at_once`: whoever has begun to end waits for no visitor any more.
    """

    siblings_stay: bool = False
    at_once: bool = False


Message: TypeAlias = Brief | Joined | Gone | End

_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.Decoder(Message).decode


def send(link: socket.socket, message: Message, descriptors: Sequence[int] = ()) -> None:
    """Sends a message. Raises OSError if the other side is gone, or takes nothing."""
    socket.send_fds(link, [_encode(message)], list(descriptors))


def receive(link: socket.socket) -> tuple[Message, list[int]] | None:
    """The next message, with descriptors; None if the other side is gone. Raises BlockingIOError if none is there."""
    data, descriptors, _, _ = socket.recv_fds(link, MESSAGE_BYTES, DESCRIPTORS_MAX)
    if not data:
        return None
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return _decode(data), descriptors
