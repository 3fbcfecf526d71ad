"""The composition root: makes every part, gives each what it needs, starts and stops them in order."""

from __future__ import annotations

import asyncio
import gc
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import uvloop

from omefree import __version__, logs
from omefree.chat.options import ChatOptions
from omefree.chat.presence import Presence
from omefree.chat.safety import Safety
from omefree.config import Config
from omefree.contract import limits
from omefree.contract.events import IceServer
from omefree.ending import Ending
from omefree.engine.alarms import Alarms
from omefree.engine.engine import Engine
from omefree.engine.options import EngineOptions, PollLimit
from omefree.engine.port import make_server
from omefree.engine.sockets import Namespace, Namespaces
from omefree.exchange.interface import Exchange
from omefree.exchange.memory import MemoryExchange
from omefree.guard.counters import Counters
from omefree.guard.quota import Bucket, scaled
from omefree.guard.record import Records
from omefree.http import status
from omefree.http.app import NOTHING_GRANTED, SOCKET_IO, Readiness, build_app
from omefree.http.gate import FORGET_S, HttpGate
from omefree.http.headers import ANSWER_HEADERS
from omefree.listening import Sockets, listen, listen_tcp, opened, url_of
from omefree.logs import log, reason_of
from omefree.matching.exclusions import Exclusions
from omefree.matching.lobby import Lobby
from omefree.matching.local import LocalLobby
from omefree.metrics.endpoint import Endpoint
from omefree.metrics.lateness import Lateness
from omefree.metrics.reading import Parts
from omefree.net.turn import stun_servers, turn_servers
from omefree.operator import desk
from omefree.operator.obeying import READ_EVERY_S, Operating
from omefree.operator.renewing import DATES_EVERY_S, LOOK_EVERY_S, Renewal
from omefree.preflight import too_few_descriptors
from omefree.privacy.policy import HostFacts
from omefree.process import systemd
from omefree.process.hardening import harden
from omefree.process.resources import Memory, raise_file_limit
from omefree.process.signals import Signals

if TYPE_CHECKING:  # most servers need neither, and do not wait for what these import
    from omefree.cluster import Node
    from omefree.workers.worker import Worker

SERVER = f"omefree/{__version__}"
NODE_BYTES = 2
UPGRADE_TIMEOUT_S = 5.0  # shorter than the pong's: a stalled upgrade must not look like a lost client
CONNECT_TIMEOUT_S = 10.0
COLLECTOR_THRESHOLDS = (50_000, 20, 100)  # instead of 700, 10, 10, which made it a fifth of a connection's cost


def run(config: Config, worker: Worker | None = None) -> None:
    """Serves until SIGTERM or SIGINT. Raises StartError if it cannot start. `worker`: this is one of several."""
    raise_file_limit()
    spare_collector()
    uvloop.run(serve(config, harden(), worker))


async def serve(config: Config, host: HostFacts = NOTHING_GRANTED, worker: Worker | None = None) -> None:
    """Runs all parts of one process on the running loop, until it is stopped. Raises StartError if it cannot listen."""
    signals = Signals()  # one that comes before there is anything to stop waits
    config = config if worker is None else worker.configured(config)
    sockets = await listen(config) if worker is None else opened(worker.bound())
    answering = metrics = node = None
    try:
        loop = asyncio.get_running_loop()
        memory = Memory(loop.time, config.workers)
        gate = HttpGate(config, loop.time, is_memory_short=memory.is_short, shared=worker.places if worker else None)
        node, engine, presence = await make_node(config, gate, sockets.stun.port if sockets.stun else 0, worker)
        figures = partial(status.figures, presence, datetime.now(UTC))
        ready = partial(readiness, presence, node.degraded if node is not None else str)
        processes = node.processes if node is not None else lambda: 1
        app = build_app(config, lambda: health(presence), host, figures, ready, processes)
        metrics = await listen_metrics(config, partial(Parts, presence, engine, gate, node=node), worker)
        reloads = [logs.reopen]
        context = None
        if config.tls_cert and config.tls_key:
            renewal = renew(Renewal(config.tls_cert, config.tls_key), engine)
            context = renewal.context
            reloads.append(renewal.reload)
        begun = partial(started, config, sockets, worker)
        server = make_server(engine, app, begun, context, sockets.redirect, worker.mailbox if worker else None)
        Repeat(engine.alarms, gate.prune, FORGET_S)
        Repeat(engine.alarms, presence.safety.sweep, FORGET_S)
        if config.control_file:
            operating = Operating(config.control_file, gate, engine, presence, asking(worker, "desk"))
            answering = await operate(operating, config.control_file, engine, worker)
            reloads.append(operating.reload)
        ending = Ending(config, server, gate, presence, reloads, node, worker)
        if worker is not None:
            worker.begin(server.adopt, ending.told)
        signals.answer(ending.answer)
        await server.serve(sockets=sockets.page)
    finally:
        for part in (answering, metrics, sockets, worker):
            if part is not None:
                part.close()
        if node is not None:
            await node.leave()


async def make_node(
    config: Config, gate: HttpGate, stun_port: int, worker: Worker | None = None
) -> tuple[Node | None, Engine, Presence]:
    """Engine and presence, and with an exchange this process as one of several. Raises StartError."""
    if not config.exchange:
        return None, *make_chat(config, gate, stun_port)
    from omefree import cluster  # imported here: its library takes 0.1 s of a start

    node = await cluster.join(config, gate, worker.siblings if worker is not None else None)
    engine, presence = make_chat(config, gate, stun_port, node.tag, node.exchange)
    node.start(engine, presence)
    return node, engine, presence


def asking(worker: Worker | None, about: str) -> Callable[[bytes], Awaitable[list[bytes]]] | None:
    """What asks all other workers about something; None if this is no worker."""
    return worker.asking(about) if worker is not None else None


def started(config: Config, sockets: Sockets, worker: Worker | None) -> None:
    """Says that the server takes connections, and whether it has the descriptors for all that it may have."""
    if worker is not None:
        worker.ready()
        return
    if few := too_few_descriptors(config):
        log.warning("few_descriptors", descriptors=few.descriptors, needed=few.needed)
    log.info("serving", url=url_of(config, sockets.page), version=__version__)
    systemd.notify("READY=1")


def renew(renewal: Renewal, engine: Engine) -> Renewal:
    """Serves a renewed certificate from now on, and says it each day if the one that is served is too old."""
    Repeat(engine.alarms, renewal.look, LOOK_EVERY_S)
    Repeat(engine.alarms, renewal.warn, DATES_EVERY_S)
    return renewal


async def operate(
    operating: Operating, control_file: str, engine: Engine, worker: Worker | None = None
) -> desk.Desk | None:
    """Obeys the control file from now on. The desk that answers beside it; None if no socket can be made there."""
    Repeat(engine.alarms, operating.read, READ_EVERY_S)
    if worker is not None:
        worker.answers("desk", operating.tell)
        [*bound] = worker.listening["desk"]
        return await desk.listen(control_file, operating.answer, bound[0]) if bound else None
    try:
        return await desk.listen(control_file, operating.answer)
    except OSError as error:
        log.warning("desk_off", reason=reason_of(error))
        return None


def make_chat(
    config: Config, gate: HttpGate, stun_port: int, node: str = "", exchange: Exchange | None = None
) -> tuple[Engine, Presence]:
    """The engine, and the presence that handles its default namespace. `stun_port` 0: there is no STUN.

    Without an `exchange` of several processes, this one has its own.
    """
    node = node or config.node or secrets.token_hex(NODE_BYTES)
    loop = asyncio.get_running_loop()
    options = EngineOptions(
        root_path=config.root_path,
        path=SOCKET_IO,
        ping_interval_s=limits.PING_INTERVAL_S,
        ping_timeout_s=limits.PING_TIMEOUT_S,
        upgrade_timeout_s=UPGRADE_TIMEOUT_S,
        connect_timeout_s=CONNECT_TIMEOUT_S,
        max_payload_bytes=limits.MAX_PAYLOAD_BYTES,
        binary=False,
        answer_headers=ANSWER_HEADERS,
        node=node,
        poll_limit=partial(poll_limit, config.quota_scale),
    )
    chat_options = ChatOptions(
        server=SERVER,
        node=node,
        quota_scale=config.quota_scale,
        resume_window_s=config.resume_window_s,
        resume_window_chat_s=config.resume_window_chat_s,
        has_turn=bool(config.turn_url),
        ice_servers=partial(ice_servers, config, stun_port),
    )
    namespaces: dict[str, Namespace] = {}
    engine = Engine(options, loop, partial(Namespaces, namespaces), gate)
    if exchange is None:
        exchange = MemoryExchange(LocalLobby(Lobby(secrets.randbelow, config.hesitation_s), Exclusions()), loop)
    counters = Counters(time.time)
    records = Records(gate.present, counters.pause, gate.voter)
    gate.listen(records)
    safety = Safety(records, counters, loop, config.quota_scale)
    presence = Presence(chat_options, loop, engine.alarms, exchange, safety, gate)
    namespaces["/"] = presence.connect
    return engine, presence


def poll_limit(scale: float) -> PollLimit:
    """A new limit for the requests of one polling session, by the quota `poll`."""
    bucket, quota = Bucket(), scaled(limits.QUOTAS["poll"], scale)
    return lambda now: bucket.take(quota, now)


def ice_servers(config: Config, stun_port: int, host: str, with_turn: bool) -> list[IceServer]:
    """STUN at `public_host`, else at the host that the visitor reached us by; TURN if asked and configured."""
    name = config.public_host or host
    servers = stun_servers(name, stun_port) if name else []
    if with_turn:
        servers += turn_servers(config.turn_url, config.turn_secret, time.time(), secrets.token_hex(8))
    return servers


def health(presence: Presence) -> dict[str, Any]:
    """The body of `/healthz`."""
    return {
        "status": "draining" if presence.leaving else "ok",
        "version": __version__,
        "online": presence.counter.shown,
    }


def readiness(presence: Presence, degraded: Callable[[], str]) -> Readiness:
    """The body of `/readyz`: whether visitors should be sent here. `degraded`: why it is on its own, if it is."""
    return Readiness("draining" if presence.leaving else "ok", degraded())


async def listen_metrics(
    config: Config, parts_with: Callable[[Lateness], Parts], worker: Worker | None = None
) -> Endpoint | None:
    """The port of /metrics; None if none is set. Raises StartError if it is not to be had."""
    if config.metrics_port is None:
        return None
    from omefree.metrics import serving  # imported here: its library takes 0.1 s of a start

    parts = parts_with(Lateness(asyncio.get_running_loop()))
    if worker is not None:
        worker.answers("metrics", lambda _question: serving.told(parts))
        return await serving.start(parts, worker.listening["metrics"], partial(worker.asking("metrics"), b""))
    bound = listen_tcp(config.metrics_host, config.metrics_port, "--metrics-port")
    endpoint = await serving.start(parts, bound)
    log.info("metrics_serving", port=bound[0].getsockname()[1])
    return endpoint


def spare_collector() -> None:
    """Makes the garbage collector run seldom, and never look at what the start has made.

    What a visitor leaves behind is in no reference cycle and is freed at once. The collector would look at everybody's
    objects again and again while visitors arrive. It is needed only for the cycles of others' code.
    """
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    gc.enable()


class Repeat:
    """Calls `work` at once, and then every `every_s` seconds (a timer of the engine's alarms)."""

    def __init__(self, alarms: Alarms, work: Any, every_s: float) -> None:
        self._alarms = alarms
        self._work = work
        self._every_s = every_s
        self.alarm = 0
        self.wake(asyncio.get_running_loop().time())

    def wake(self, now: float) -> None:
        """Sets the next deadline, then calls `work`."""
        self._alarms.set(self, now + self._every_s)
        self._work()
