"""The servers behind an address, as they are now: sentinels and Clusters are asked by redis-py."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import AuthenticationError, NoPermissionError, RedisClusterException, RedisError

from omefree.errors import EngineError
from omefree.exchange.address import Address

ANSWER_S = 2.0
Place: TypeAlias = tuple[str, int]  # host and port
_Sentinel: Any = Sentinel  # the library has types for a part of it
_RedisCluster: Any = RedisCluster


class Servers(NamedTuple):
    """The servers that take writes, and which of them has which slot of a Cluster."""

    places: Sequence[Place]
    by_slot: Mapping[int, Place] = {}

    def place(self, key: str) -> Place:
        """Where this key or channel is. Raises EngineError if that is nowhere."""
        if not self.by_slot:
            return self.places[0]
        place = self.by_slot.get(key_slot(key.encode()))
        if place is None:
            raise EngineError("unreachable")
        return place


async def find(address: Address) -> Servers:
    """Asks where the servers are. Raises EngineError, OSError."""
    try:
        match address.kind:
            case "sentinel":
                return Servers([await _primary(address)])
            case "cluster":
                return await _cluster(address)
            case "single" | "unix":
                return Servers([address.hosts[0] if address.hosts else ("", 0)])
    except MasterNotFoundError:
        raise EngineError("no_service", address.service) from None
    except AuthenticationError:
        raise EngineError("password") from None
    except NoPermissionError:
        raise EngineError("no_rights") from None
    except RedisClusterException as error:
        raise EngineError("no_cluster" if "mode is not enabled" in str(error) else "unreachable") from None
    except RedisError:
        raise EngineError("unreachable") from None


async def _primary(address: Address) -> Place:
    """The primary, as a sentinel says. The user and the password of the address are not for the sentinels."""
    sentinel = _Sentinel(address.hosts, **_options(address))
    try:
        host, port = await sentinel.discover_master(address.service)
        return str(host), int(port)
    finally:
        await sentinel.aclose()


async def _cluster(address: Address) -> Servers:
    """All primaries of a Cluster."""
    nodes = [ClusterNode(host, port) for host, port in address.hosts]
    who = {"username": address.user, "password": address.password}
    cluster = _RedisCluster(startup_nodes=nodes, **who, **_options(address))
    try:
        await cluster.initialize()
        by_slot = {
            slot: (str(node.host), int(node.port)) for slot, [node, *_] in cluster.nodes_manager.slots_cache.items()
        }
    finally:
        await cluster.aclose()
    return Servers(sorted(set(by_slot.values())), by_slot)


def _options(address: Address) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        "protocol": 3,
        "socket_connect_timeout": ANSWER_S,
        "socket_timeout": ANSWER_S,
        "retry": Retry(NoBackoff(), 0),
    }
    if address.tls:
        chosen |= {"ssl": True, "ssl_cert_reqs": "required", "ssl_check_hostname": True}
    return chosen
