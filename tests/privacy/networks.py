"""Two homes, a server and the net between them: four network namespaces of Linux. Only root can make them."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

PLACES = ("a", "b", "server")  # each in a network of its own
GUARD_S = 20


class Networks:
    """The namespaces. `address` gives a place's address; `at` is the prefix of a command that runs there."""

    def __init__(self) -> None:
        self._mark = f"omf{os.getpid()}"

    def name(self, place: str) -> str:
        return self._mark + place

    def address(self, place: str) -> str:
        return f"10.77.{PLACES.index(place) + 1}.2"

    def at(self, place: str) -> list[str]:
        return ["ip", "netns", "exec", self.name(place)]

    def traffic_bytes(self, place: str) -> int:
        """What has come to a place and gone out from it."""
        ways = subprocess.check_output([*self.at(place), "cat", "/proc/net/dev"], text=True).splitlines()
        fields = next(line.split(":")[1].split() for line in ways if line.strip().startswith("eth0:"))
        return int(fields[0]) + int(fields[8])  # proc_net_dev(5): received, sent

    def program(self, place: str, path: str, folder: Path) -> Path:
        """A program that runs another one at a place."""
        script = folder / f"at-{place}"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.at(place))} {path} "$@"\n')
        script.chmod(0o755)
        return script


@contextlib.contextmanager
def networks() -> Iterator[Networks]:
    """The place between is a router: what goes from one home to the other need not pass the server."""
    made = Networks()
    router = made.name("r")
    with contextlib.ExitStack() as undo:
        for name in (router, *map(made.name, PLACES)):
            ip("netns", "add", name)
            undo.callback(ip, "netns", "del", name)
        for number, place in enumerate(PLACES, 1):
            home, door, way = made.name(place), f"eth{number}", f"10.77.{number}.1"
            ip("-n", router, "link", "add", door, "type", "veth", "peer", "name", "eth0", "netns", home)
            ip("-n", router, "address", "add", f"{way}/24", "dev", door)
            ip("-n", home, "address", "add", f"{made.address(place)}/24", "dev", "eth0")
            for where, device in ((router, door), (home, "eth0"), (home, "lo")):
                ip("-n", where, "link", "set", device, "up")
            ip("-n", home, "route", "add", "default", "via", way)
        ip("netns", "exec", router, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        yield made


def ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=GUARD_S, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr} (namespaces are root's to make)"
