"""The one observer: it sits on the transport of every client, sealed or not, and notes what passes."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from omefree.client.address import Address
from omefree.client.packets import Transport
from omefree.wire import socketio
from tests.cluster.history import (
    FRESH,
    OK,
    Answered,
    Asked,
    Ended,
    Heard,
    History,
    Leaving,
    Left,
    Lost,
    Matched,
    Partner,
    Said,
    Welcomed,
)

RELAYED = ("message", "signal")
Wrap = Callable[[Callable[[bytes], None], Callable[[Exception | None], None]], Transport]


class Tap:
    """A Transport of omefree.client around another one. `links` numbers the visitor's connections, by welcome."""

    def __init__(
        self,
        heard: Callable[[bytes], None],
        gone: Callable[[Exception | None], None],
        *,
        inner: Wrap,
        history: History,
        who: int,
        pool: str,
        links: Iterator[int],
    ) -> None:
        self._heard = heard
        self._gone = gone
        self._history = history
        self._who = who
        self._pool = pool
        self._links = links
        self._link = 0
        self._is_up = False
        self._inner = inner(self._in, self._end)

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None) -> None:
        await self._inner.open(address, ssl_context)

    def send(self, packet: bytes) -> None:
        if packet.startswith(b"42"):
            self._out(socketio.decode(packet), packet)
        elif packet.startswith(b"41"):
            self._is_up = False
            self._history.add(Left(self._history.clock(), self._who, link=self._link))
        self._inner.send(packet)

    def close(self) -> None:
        self._inner.close()

    def abort(self) -> None:
        self._inner.abort()

    async def ended(self) -> None:
        await self._inner.ended()

    def pause_reading(self) -> None:
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        self._inner.resume_reading()

    def pretend(self, packet: bytes) -> None:
        """Gives the client a packet that no server has sent, once it has been welcomed."""
        if self._is_up:
            self._heard(packet)

    def _out(self, head: socketio.Packet, packet: bytes) -> None:
        now, number = self._history.clock(), head.ack or 0
        match msgspec.json.decode(packet[head.at :]):
            case ["find", _]:
                self._history.add(Asked(now, self._who, number, link=self._link))
            case ["leave", chat]:
                self._history.add(Leaving(now, self._who, number, chat, link=self._link))
            case [name, chat, data] if name in RELAYED:
                self._history.add(Said(now, self._who, number, chat, digest(name, data), link=self._link))

    def _in(self, packet: bytes) -> None:
        if packet.startswith(b"43"):
            head = socketio.decode(packet)
            [reply] = msgspec.json.decode(packet[head.at :])
            code = OK if reply["ok"] else reply["code"]
            self._history.add(Answered(self._history.clock(), self._who, head.ack or 0, code, link=self._link))
        elif packet.startswith(b"42"):
            self._event(*msgspec.json.decode(packet[2:]))
        self._heard(packet)

    def _event(self, name: str, *args: Any) -> None:
        now, who, link, add = self._history.clock(), self._who, self._link, self._history.add
        match name, args:
            case "welcome", [welcome]:
                self._welcomed(welcome)
            case "matched", [matched]:
                add(Matched(now, who, matched["chat"], link=link))
            case "partner", [chat, state]:
                add(Partner(now, who, chat, state == "back", link=link))
            case "ended", [chat, reason]:
                add(Ended(now, who, chat, reason, link=link))
            case (("message" | "signal"), [chat, data]):
                add(Heard(now, who, chat, digest(name, data), link=link))
            case _:
                pass

    def _welcomed(self, welcome: dict[str, Any]) -> None:
        self._is_up = True
        self._link = next(self._links)
        resumed = welcome["resumed"] or {}
        record = Welcomed(
            self._history.clock(),
            self._who,
            node=welcome["resume"].partition(".")[0],
            pool=self._pool,
            state=resumed.get("state", FRESH),
            chat=resumed.get("chat"),
            is_partner_here=resumed.get("partner") != "away",
            link=self._link,
        )
        self._history.add(record)

    def _end(self, fault: Exception | None) -> None:
        if self._is_up:
            self._is_up = False
            self._history.add(Lost(self._history.clock(), self._who, link=self._link))
        self._gone(fault)


def digest(event: str, data: str) -> int:
    """Enough to tell apart what is said in one chat."""
    return zlib.crc32(f"{event} {data}".encode())
