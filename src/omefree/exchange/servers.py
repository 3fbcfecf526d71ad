"""The servers behind an address, as they are now; and what an error of theirs means.

This file and valkey.py alone import the client library, redis-py, of which only a part has types.
"""

import ssl
from contextlib import suppress
from typing import Any, TypeAlias

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as LostError
from redis.maint_notifications import MaintNotificationsConfig

from omefree.exchange.address import Address
from omefree.exchange.faults import Fault

CONNECT_S = 2.0
ANSWER_S = 2.0  # for a turn's batches
BROKEN = (RedisError, RedisClusterException, OSError, TimeoutError)  # what the library raises
Client: TypeAlias = Any  # a redis.asyncio.Redis
_Sentinel: Any = Sentinel

_BY_CLASS: tuple[tuple[type[Exception], Fault], ...] = (
    (AuthenticationError, "password"),
    (NoPermissionError, "no_rights"),
    (ReadOnlyError, "read_only"),
    (OutOfMemoryError, "full"),
    (BusyLoadingError, "loading"),
    (MovedError, "in_cluster"),
    (MasterNotFoundError, "no_service"),
)
_BY_WORDS: tuple[tuple[str, Fault], ...] = (
    ("can't run this command", "no_rights"),  # of a script, as Redis says it
    ("ACL failure in script", "no_rights"),  # as Valkey says it
    ("Cluster mode is not enabled", "no_cluster"),
    ("Redis Cluster cannot be connected", "unreachable"),
    ("unknown command", "old"),
)


def fault_of(error: BaseException) -> Fault:
    """What an error of the library, or of the system, says about the engine."""
    for kind, fault in _BY_CLASS:
        if isinstance(error, kind):
            return fault
    if isinstance(error, ResponseError | RedisClusterException):
        return next((fault for words, fault in _BY_WORDS if words in str(error)), "engine")
    return "certificate" if _is_of_certificate(error) else "unreachable"


def _is_of_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


class Servers:
    """The servers behind an address as they are now, and a client for each that is needed."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._primary: tuple[str, int] = ("", 0)
        self._cluster: RedisCluster | None = None
        self._clients: dict[tuple[str, int], Client] = {}

    async def find(self) -> None:
        """Asks the sentinels, or one server of a Cluster. Raises what the library raises."""
        address = self._address
        if address.kind == "cluster":
            nodes = [ClusterNode(host, port) for host, port in address.hosts]
            self._cluster = RedisCluster(startup_nodes=nodes, **options(address))
            await self._cluster.initialize()
        elif address.kind == "sentinel":
            sentinel = _Sentinel(address.hosts, **options(address, with_user=False))
            try:
                self._primary = await sentinel.discover_master(address.service)
            finally:
                await sentinel.aclose()
        elif address.kind == "single":
            self._primary = address.hosts[0]

    def client(self, key: str) -> Client:
        """The client of the server that has the slot of this key or channel."""
        place = self._primary
        if self._cluster is not None:
            node = self._cluster.get_node_from_key(key)
            if node is None:
                raise LostError("no server has this slot")
            place = (str(node.host), int(node.port))
        if place not in self._clients:
            where: dict[str, Any] = {"unix_socket_path": self._address.path}
            if self._address.kind != "unix":
                where = {"host": place[0], "port": place[1]}
            self._clients[place] = Redis(**where, **options(self._address))
        return self._clients[place]

    async def close(self) -> None:
        """Closes every connection, without waiting for what does not answer."""
        for each in (*self._clients.values(), self._cluster):
            if each is not None:
                with suppress(*BROKEN):
                    await each.aclose()


def options(address: Address, *, with_user: bool = True) -> dict[str, Any]:
    """How the library is to connect. It repeats nothing by itself: the streams of the nodes do that."""
    chosen: dict[str, Any] = {
        "protocol": 3,
        "socket_connect_timeout": CONNECT_S,
        "socket_timeout": ANSWER_S,
        "retry": Retry(NoBackoff(), 0),
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        "driver_info": None,
    }
    if address.tls:
        chosen |= {"ssl": True, "ssl_cert_reqs": "required", "ssl_check_hostname": True}
    if with_user:
        chosen |= {"username": address.user, "password": address.password}
    return chosen
