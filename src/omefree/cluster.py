"""Makes this process one of several that are one chat: its wire, its bus, its exchange, its chats with others."""

from __future__ import annotations

import asyncio
import secrets
from functools import partial
from typing import Any

from omefree.chat.presence import Presence
from omefree.chat.remote_chats import RemoteChats
from omefree.config import Config
from omefree.engine.engine import Engine
from omefree.exchange import valkey
from omefree.exchange.bus import Bus, BusOptions, first_beat
from omefree.exchange.cluster import POOLS, Cluster
from omefree.exchange.sealing import Sealing
from omefree.exchange.siblings import EngineWire, Siblings, SiblingWire
from omefree.http.gate import HttpGate
from omefree.logs import log
from omefree.matching.lobby import Lobby
from omefree.metrics.reading import Between
from omefree.privacy.loggable import REFUSES

TAG_BYTES = 4
BOOT_BYTES = 8
SEPARATOR = "-"  # in the tag of a worker (workers/supervisor.py); `node` has none
PACE_S = 0.001  # between two writes to other nodes: a visitor does not notice it, and a busy node writes much less
TELL_S = 1.0  # between two looks at how many there are at all nodes


class Node:
    """The parts of this process that speak to others."""

    def __init__(self, config: Config, gate: HttpGate, options: BusOptions, sealing: Sealing, wire: EngineWire) -> None:
        loop: Any = asyncio.get_running_loop()
        self.tag = options.tag
        self.bus = Bus(wire, sealing, loop, options, self.online, notice)
        new_lobby = partial(Lobby, secrets.randbelow, config.hesitation_s)
        self.exchange = Cluster(self.tag, self.bus, loop, new_lobby, gate.share, led)
        self.alarm = 0
        self._wire = wire
        self._presence: Presence | None = None
        self._engine: Engine | None = None
        self._chats: RemoteChats | None = None

    def start(self, engine: Engine, presence: Presence) -> None:
        """Joins the others, with the chats of this process."""
        self._engine, self._presence = engine, presence
        loop = asyncio.get_running_loop()
        self._chats = RemoteChats(loop, engine.alarms, self.bus, self.exchange, presence)
        self.exchange.start(self._chats)
        self.wake(loop.time())

    def online(self) -> int:
        """How many visitors are connected to this process."""
        return self._presence.counter.count if self._presence is not None else 0

    def processes(self) -> int:
        """How many nodes there are, this one included."""
        return 1 + len(self.bus.peers)

    def degraded(self) -> str:
        """Why this node is on its own, or nearly so, in a word; empty if all is well."""
        return self.bus.degraded

    def between(self) -> Between:
        """How it is between this node and the others, for /metrics."""
        figures = self.bus.figures()
        return Between(
            peers=len(self.bus.peers),
            degraded=self.bus.degraded,
            leads=self.exchange.leads,
            window_bytes=figures.window_bytes,
            cuts=figures.cuts,
            repairs=figures.streams,
            dropped=figures.dropped,
            moves=self._chats.moves if self._chats is not None else {},
        )

    def is_passing(self, within_s: float) -> bool:
        """Whether anybody has moved from here, or anything was passed on, within the last so many seconds."""
        return self._chats is not None and self._chats.is_passing(within_s)

    def wake(self, now: float) -> None:
        """Takes over how many visitors there are elsewhere. A timer of the engine's alarms."""
        if self._presence is not None and self._engine is not None:
            self._presence.counter.hear(self.bus.online - self.online())
            self._engine.alarms.set(self, now + TELL_S)

    def begin_to_leave(self) -> None:
        """Lets others lead, and tells them that nobody is to move here any more. All else goes on."""
        self.bus.begin_to_leave()

    def refuges(self, *, with_siblings: bool) -> int | None:
        """How many nodes our visitors can move to, with or without those of this machine. None: nobody can know."""
        tags = self.bus.refuges
        return None if tags is None else sum(with_siblings or machine_of(tag) != machine_of(self.tag) for tag in tags)

    async def leave(self) -> None:
        """Gives back leases and leaderships, so that others take over at once."""
        self.exchange.close()
        await self._wire.wait_closed()


def machine_of(tag: str) -> str:
    """What the tags of all workers of a machine begin with; that of a server without workers is its own."""
    return tag.partition(SEPARATOR)[0]


async def join(config: Config, gate: HttpGate, siblings: Siblings | None = None) -> Node:
    """Takes this process's place among the others. Raises StartError with one sentence if it cannot.

    `siblings` are the other workers of this machine, if this is one of several.
    """
    options = options_of(config, config.node or secrets.token_hex(TAG_BYTES))
    sealing = sealing_of(config)
    wire: EngineWire = await valkey.connect(config.exchange_address, first_beat(options, sealing))
    if siblings is not None:
        wire = SiblingWire(wire, options.tag, siblings)
    return Node(config, gate, options, sealing, wire)


async def look(config: Config) -> list[str]:
    """What an operator should know of the engine before the start. Raises StartError if it cannot be used."""
    options = options_of(config, "check", ())
    return await valkey.check(config.exchange_address, first_beat(options, sealing_of(config)))


def options_of(config: Config, tag: str, pools: tuple[str, ...] = POOLS) -> BusOptions:
    """Who this process is to the others."""
    boot = secrets.token_hex(BOOT_BYTES)
    lost_s = config.resume_window_chat_s
    return BusOptions(tag, boot, pools, may_lead=config.lead == "auto", lost_s=lost_s, pace_s=PACE_S)


def sealing_of(config: Config) -> Sealing:
    """The sealing with the secrets of the settings."""
    return Sealing([secret.encode() for secret in config.exchange_secrets])


def notice(word: str) -> None:
    """Says in the log what has become of the connection to the engine, or why something was dropped."""
    if word == "up":
        log.info("exchange_up")
    elif word == "down":
        log.warning("exchange_down")
    elif word in REFUSES and word != "version":  # that one is of a batch more often
        log.error("exchange_refuses", reason=word)
    else:
        log.warning("exchange_dropped", reason=word)


def led(pool: str, epoch: int | None) -> None:
    """Says in the log that this node leads a pool, or no longer does."""
    if epoch is None:
        log.info("leads_no_longer", pool=pool)
    else:
        log.info("leads", pool=pool, epoch=epoch)
