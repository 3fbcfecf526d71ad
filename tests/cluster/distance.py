"""A network between this machine and a place beside it, packet by packet: it can lose them, either way.

The place is a network namespace of Linux, which root alone can make. A TUN device leads there from each of the two, and
the packets pass through this process (Documentation/networking/tuntap.rst of the kernel).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import random
import struct
from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Address

from tests.privacy.networks import ip

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI, NAME_BYTES = 0x0001, 0x1000, 16
PACKET_BYTES = 65_536
NETWORK = int(IPv4Address("10.78.0.0"))  # each process has four addresses of its own: two such tests may run at once
OUT, BACK = "out", "back"  # from here to the place, and back


class Distance:
    """`loss`: of so many packets, from 0 to 1. `cut`: the ways on which none passes. `there`: the place's address."""

    def __init__(self, seed: int) -> None:
        self.loss = 0.0
        self.cut: set[str] = set()
        self.lost = 0
        self._chance = random.Random(seed)
        self._name = f"omd{os.getpid()}"
        network = NETWORK + 4 * (os.getpid() % 16_384)
        self._here, self.there = (str(IPv4Address(network + host)) for host in (1, 2))
        self._fds: list[int] = []

    @property
    def at(self) -> tuple[str, ...]:
        """The beginning of a command that runs there."""
        return ("ip", "netns", "exec", self._name)

    def heal(self) -> None:
        self.loss = 0.0
        self.cut.clear()

    def open(self) -> None:
        ip("netns", "add", self._name)
        here, there = (self._tun(f"{self._name}{end}") for end in "ht")
        ip("link", "set", f"{self._name}t", "netns", self._name)
        ip("address", "add", f"{self._here}/30", "dev", f"{self._name}h")
        ip("link", "set", f"{self._name}h", "up")
        ip("-n", self._name, "address", "add", f"{self.there}/30", "dev", f"{self._name}t")
        for device in ("lo", f"{self._name}t"):
            ip("-n", self._name, "link", "set", device, "up")
        loop = asyncio.get_running_loop()
        loop.add_reader(here, partial(self._pass, here, there, OUT))
        loop.add_reader(there, partial(self._pass, there, here, BACK))

    def close(self) -> None:
        for fd in self._fds:
            asyncio.get_running_loop().remove_reader(fd)
            os.close(fd)
        ip("netns", "delete", self._name)

    def _tun(self, name: str) -> int:
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        self._fds.append(fd)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack(f"{NAME_BYTES}sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        return fd

    def _pass(self, source: int, target: int, way: str) -> None:
        packet = os.read(source, PACKET_BYTES)
        if way in self.cut or self._chance.random() < self.loss:
            self.lost += 1
            return
        with contextlib.suppress(BlockingIOError):  # a full queue loses packets, too
            os.write(target, packet)


@contextlib.contextmanager
def distance(seed: int) -> Iterator[Distance]:
    made = Distance(seed)
    try:
        made.open()
        yield made
    finally:
        made.close()
