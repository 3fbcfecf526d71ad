"""The servers behind an address, as they are now: sentinels and Clusters are asked by redis-py."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import AuthenticationError, NoPermissionError, RedisClusterException, RedisError

from omefree.errors import EngineError, EngineFault
from omefree.exchange.address import Address

ANSWER_S = 2.0
Place: TypeAlias = tuple[str, int]  # host and port
_Redis: Any = Redis  # the library has types for a part of it
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
    except AuthenticationError:
        raise EngineError("password") from None
    except NoPermissionError:
        raise EngineError("no_rights") from None
    except RedisClusterException as error:
        raise EngineError("no_cluster" if "mode is not enabled" in str(error) else "unreachable") from None
    except RedisError:
        raise EngineError("unreachable") from None


async def _primary(address: Address) -> Place:
    """The primary, as the first sentinel says that knows one. Sentinels have users and passwords of their own, if any.

    https://valkey.io/topics/sentinel-clients
    """
    who = {"username": address.sentinel_user, "password": address.sentinel_password, "decode_responses": True}
    fault: EngineFault = "unreachable"
    for host, port in address.hosts:
        sentinel = _Redis(host=host, port=port, **who, **_options(address))
        try:
            found = await sentinel.sentinel_get_master_addr_by_name(address.service)
        except (AuthenticationError, NoPermissionError):
            fault = "sentinel_password"
        except RedisError:
            pass
        else:
            if found:
                return str(found[0]), int(found[1])
            fault = "no_service"
        finally:
            await sentinel.aclose()
    raise EngineError(fault, address.service)


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
        chosen |= {"ssl_certfile": address.cert, "ssl_keyfile": address.key}
    return chosen
