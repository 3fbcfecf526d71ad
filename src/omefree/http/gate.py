"""The engine's gate: Origin rule, CORS, address keys, connection caps (protocol.md, "Connection" and rule 5)."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Set
from hashlib import blake2s
from ipaddress import IPv4Address
from typing import NamedTuple, Protocol

from msgspec import Struct

from omefree.config import Config
from omefree.contract.codes import MESSAGES, Code
from omefree.contract.limits import CONNECTIONS_PER_48, CONNECTIONS_PER_64, CONNECTIONS_PER_IPV4, NEW_CONNECTIONS
from omefree.engine.gate import Admission, Denial, Head
from omefree.guard.control import Blocked, Network
from omefree.guard.quota import Bucket, scaled
from omefree.http.proxies import AUTHORITY, FORWARDING, NAMES_VISITOR, Address, Proxies
from omefree.logs import log

RETRY_S = 5.0  # for `full` and for too many at once: a spent bucket is full again after this time
FORGET_S = NEW_CONNECTIONS.burst / NEW_CONNECTIONS.rate_s  # an unused bucket is full by then: nothing to remember
REMEMBERED_S = 2 * FORGET_S  # at most: a key unused since just after one pruning is forgotten at the second one
KEY_LIFE_S = 24 * 3600.0  # then a new key is made, so that hashes of two days cannot be compared
VOTER_BYTES = 8
KEYS_TRIED = 65_536  # for which a new block can look: 0.07 s
SPARE_SHARE = 16  # of the places, so many more are for those who come back; each is free again after 10 s. Arbitrary
PREFLIGHT_S = 600  # how long a browser may remember a preflight's answer
DEFAULT_PORT = {"http": ":80", "https": ":443"}
PAGE_SCHEMES = {"ws": "http", "wss": "https"}


class Entry(Struct):
    """The state of one address key: its last use (s), how many of its visits are present, and its bucket.

    A visit is present with an open session, and away from it until its resume window ends.

    The key of a /48 is of this kind, too. It has no bucket, since new connections are counted for its /64s.
    """

    key: bytes  # as the table has it, so that many sessions share one object
    touched_s: float
    bucket: Bucket | None = None
    present: int = 0
    voter: bytes = b""  # what stands for a network at all nodes of a cluster


class KeyListener(Protocol):
    """Is told what becomes of address keys."""

    def left(self, key: bytes) -> None:
        """The last visit of this key has ended."""

    def clear(self) -> None:
        """The secret behind the keys has changed: whoever comes now has another key than before."""


class SharedPlaces(Protocol):
    """How many are connected at each worker of this machine: `max_connections` is the limit of all together."""

    def tell(self, count: int) -> None:
        """So many are connected here."""

    def elsewhere(self) -> int:
        """How many are connected at the others."""
        ...


class Alone:
    """Of a server that is one process."""

    def tell(self, count: int) -> None:
        """Nobody needs to know."""

    def elsewhere(self) -> int:
        """Nobody."""
        return 0


class HttpGate:
    """Implements `omefree.engine.gate.Gate`. `clock` is monotonic, in seconds.

    An address is kept only as long as the call that reads it. What stays is the BLAKE2s hash of its prefix, under a
    random key that is never written anywhere: of the address or its /64, and of its /48 if it is IPv6.
    """

    def __init__(
        self,
        config: Config,
        clock: Callable[[], float],
        random_key: Callable[[], bytes] = lambda: secrets.token_bytes(32),
        is_memory_short: Callable[[], bool] = lambda: False,
        shared: SharedPlaces | None = None,
    ) -> None:
        self._shared = shared or Alone()
        self._proxies = Proxies(config.trusted_proxies)
        self._allowed = {normal(origin) for origin in config.allowed_origins}
        self._rate = scaled(NEW_CONNECTIONS, config.quota_scale)
        self._at_once = connections_at_once(config)
        self._max_connections = config.max_connections
        self.places = config.max_connections  # fewer while memory is short
        self._is_memory_short = is_memory_short
        self._was_short = self._is_closed = False
        self._clock = clock
        self._random_key = random_key
        self._key = random_key()
        self._key_since_s = self._pruned_s = clock()
        self._entries: dict[bytes, Entry] = {}
        self._listener: KeyListener | None = None
        self._shared_key = b""
        self._blocked = Blocked()
        self._said: set[str] = set()
        self.connected = 0  # sessions, and visitors who are away

    def listen(self, listener: KeyListener) -> None:
        """Tells this listener from now on."""
        self._listener = listener

    def share(self, key: bytes) -> None:
        """Takes the key that all nodes of a cluster have at present (exchange/voting.py)."""
        self._shared_key = key

    def voter(self, network: bytes) -> bytes:
        """What stands for a network in the votes on whoever is reported: on a single server the key itself."""
        entry = self._entries.get(network)
        return entry.voter if entry is not None and entry.voter else network

    def check(self, head: Head) -> Denial | None:
        """Refuses a page (403) whose Origin is neither the server's own nor an allowed one. No Origin is fine."""
        self._look_at_proxies(head)
        origin = head.get(b"origin")
        if origin is None:  # not a browser, or a browser's GET to its page's own host
            return None
        if page_of(origin) in self._allowed | own(self._proxies.outer(head)):
            return None
        if self._is_first("origin_refused"):
            log.warning("origin_refused")
        return denial(403, "origin")

    def cors(self, head: Head) -> list[tuple[bytes, bytes]]:
        """The CORS headers for an allowed origin; empty for all others and for the server's own page."""
        origin = head.get(b"origin")
        if origin is None or page_of(origin) not in self._allowed:
            return []
        headers = [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]
        if head.method == "OPTIONS":
            headers += [
                (b"access-control-allow-methods", b"GET, POST"),
                (b"access-control-allow-headers", b"content-type"),
                (b"access-control-max-age", str(PREFLIGHT_S).encode()),
            ]
        return headers

    def enter(self, head: Head) -> Denial | Admission:
        """Counts a new session for its address key, or refuses it: `full`, `draining` (503) or `rate_limited` (429).

        A visitor who is away, or whose dead connection nobody has noticed, has its place here, and only CONNECT shows
        who comes back. So a few more are let in as `spare`, and `room` decides at their CONNECT.
        """
        now = self._clock()
        if now - self._pruned_s >= FORGET_S:
            self.prune()
        self._count_places()
        if self._is_closed:
            return denial(503, "draining", RETRY_S)
        if self._everybody >= with_spare(self.places):
            return denial(503, "full", RETRY_S)
        address = self._proxies.client(head)
        own, wide = prefixes(address)
        network = self._entry(wide, now)
        cap = self._at_once.ipv4 if own == wide else self._at_once.of_48
        if self._shared_key:
            network.voter = blake2s(wide, key=self._shared_key, digest_size=VOTER_BYTES).digest()
        if network.present >= with_spare(cap):  # before the /64 gets an entry: there are 65,536
            return denial(429, "rate_limited", RETRY_S)
        entry = network if own == wide else self._entry(own, now)
        if own != wide and entry.present >= with_spare(self._at_once.of_64):
            return denial(429, "rate_limited", RETRY_S)
        wait_s = self._wait_s(entry, now)
        if wait_s > 0:
            return denial(429, "rate_limited", wait_s)
        self._count(entry.key, network.key, 1)
        spare = self._crowded(entry.key, network.key) is not None
        host = request_host(self._proxies.outer(head)) or ""
        return Admission(entry.key, host, network.key, self._blocked.holds(address), spare)

    def close(self) -> None:
        """Lets no new session in any more: whoever comes is told so by HTTP, and a proxy can try another server."""
        self._is_closed = True

    def exit(self, admission: Admission) -> None:
        """Stops counting a session. Its address keys stay until `prune` forgets them."""
        self._count(admission.key, admission.network, -1)

    def room(self, admission: Admission) -> Denial | None:
        """Why there is no place for this session's visitor, unless it comes back to its own; else None."""
        return self._crowded(admission.key, admission.network) if admission.spare else None

    def stay(self, key: bytes, network: bytes) -> None:
        """Counts a visitor whose session is about to end, and who may come back."""
        self._count(key, network, 1)

    def go(self, key: bytes, network: bytes) -> None:
        """Stops counting a visitor who was away: it is back, or will not come back any more."""
        self._count(key, network, -1)

    def block(self, blocked: Blocked) -> None:
        """Blocks these addresses, and no others, from now on: their sessions may open, but join no namespace."""
        self._blocked = blocked

    def keys_under(self, networks: Iterable[Network]) -> Set[bytes]:
        """The address keys of all addresses in these networks, so that present sessions can be found under them.

        No address is held that could be compared. So every key that there can be is made, for at most KEYS_TRIED of
        them: that is an IPv4 /16 or an IPv6 /32. A wider network, or one that would be too much with those before it,
        gives none. Sessions older than the present random key are not found either.
        """
        keys: set[bytes] = set()
        for network in networks:
            if len(keys) + how_many(network) <= KEYS_TRIED:
                keys.update(map(self._hash, households(network)))
        return keys

    def prune(self) -> None:
        """Forgets the address keys that nobody uses. A timer must call it: without visitors, nothing else does."""
        now = self._pruned_s = self._clock()
        self._change_key(now)
        unused = [k for k, entry in self._entries.items() if not entry.present and now - entry.touched_s >= FORGET_S]
        for key in unused:
            del self._entries[key]

    def remembered(self) -> int:
        """How many address keys are held."""
        return len(self._entries)

    def present(self, key: bytes) -> int:
        """How many visits of this address key there are: with an open session, or away from it."""
        entry = self._entries.get(key)
        return 0 if entry is None else entry.present

    @property
    def _everybody(self) -> int:
        return self.connected + self._shared.elsewhere()

    def _count_places(self) -> None:
        """Once memory is short, there are as many places as are taken: those who are here have to stay able to chat.

        Who leaves makes room again, since its memory is used again. The number holds until memory is no longer short.
        """
        short, before = self._is_memory_short(), self._was_short
        self._was_short = short
        if short and not before:
            self.places = min(self._max_connections, self._everybody)
            log.warning("memory_short", count=self.connected)
        elif before and not short:
            self.places = self._max_connections
            log.info("memory_enough")

    def is_proxy(self, peer: str | None) -> bool:
        """Whether the peer is a proxy that the settings trust."""
        return self._proxies.is_proxy(peer)

    def _look_at_proxies(self, head: Head) -> None:
        """Tells the operator of headers that are not believed, and of a proxy that names no visitor."""
        sent = dict(head.headers).keys()
        trusted = self.is_proxy(head.peer)
        if not trusted and not sent.isdisjoint(FORWARDING) and self._is_first("forwarded_header_not_trusted"):
            log.warning("forwarded_header_not_trusted")
        if trusted and sent.isdisjoint(NAMES_VISITOR) and self._is_first("forwarded_header_missing"):
            log.warning("forwarded_header_missing")

    def _is_first(self, warning: str) -> bool:
        """Whether this is to be said now: a wrong setting shows at each request, and anybody can make another one."""
        is_first = warning not in self._said
        self._said.add(warning)
        return is_first

    def _entry(self, prefix: bytes, now: float) -> Entry:
        self._change_key(now)
        key = self._hash(prefix)
        entry = self._entries.setdefault(key, Entry(key, now))
        entry.touched_s = now
        return entry

    def _change_key(self, now: float) -> None:
        if now - self._key_since_s < KEY_LIFE_S:
            return
        self._key, self._key_since_s = self._random_key(), now
        if self._listener is not None:
            self._listener.clear()

    def _hash(self, prefix: bytes) -> bytes:
        return blake2s(prefix, key=self._key, digest_size=16).digest()

    def _wait_s(self, entry: Entry, now: float) -> float:
        if entry.bucket is None:
            entry.bucket = Bucket()
        return entry.bucket.take(self._rate, now)

    def _crowded(self, key: bytes, network: bytes) -> Denial | None:
        """The denial if there are more than there may be, those who are away included; else None."""
        if self._everybody > self.places:
            return denial(503, "full", RETRY_S)
        caps = {network: self._at_once.of_48, key: self._at_once.of_64} if key != network else {key: self._at_once.ipv4}
        over = any(self._entries[each].present > cap for each, cap in caps.items())
        return denial(429, "rate_limited", RETRY_S) if over else None

    def _count(self, key: bytes, network: bytes, by: int) -> None:
        for each in {key, network}:
            entry = self._entries[each]
            entry.present += by
            entry.touched_s = self._clock()
        self.connected += by
        self._shared.tell(self.connected)
        if by < 0 and self._listener is not None and not self._entries[key].present:
            self._listener.left(key)


def with_spare(cap: int) -> int:
    """How many sessions may open where `cap` visitors may be: the rest is for those who come back to their place."""
    return cap + max(1, cap // SPARE_SHARE)


class AtOnce(NamedTuple):
    """How many visits there may be at once: for one IPv4 address, one IPv6 /64, one IPv6 /48."""

    ipv4: int
    of_64: int
    of_48: int


def connections_at_once(config: Config) -> AtOnce:
    """The caps of a server with these settings; each is one at least."""
    caps = (CONNECTIONS_PER_IPV4, CONNECTIONS_PER_64, CONNECTIONS_PER_48)
    return AtOnce(*(max(1, int(cap * config.quota_scale)) for cap in caps))


def denial(status: int, code: Code, retry_after_s: float | None = None) -> Denial:
    """A denial with the contract's sentence for this code. `retry_after_s` is None if waiting does not help."""
    return Denial(status, code, MESSAGES[code], retry_after_s)


def own(head: Head) -> set[str]:
    """The server's own origin, as this request has reached it; none without a host."""
    host = head.get(b"host")
    return {normal(f"{'https' if head.tls else 'http'}://{host.decode('latin-1')}")} if host else set()


def page_of(origin: bytes) -> str:
    """The origin that a request names. Some clients build it from the address of the WebSocket: ws is http."""
    told = origin.decode("latin-1")
    scheme, _, rest = told.partition("://")
    return without_port(f"{PAGE_SCHEMES[scheme]}://{rest}") if scheme in PAGE_SCHEMES else told


def normal(origin: str) -> str:
    """An origin as browsers write it: lower case, no default port."""
    return without_port(origin.lower())


def without_port(origin: str) -> str:
    """The origin without its scheme's default port."""
    return origin.removesuffix(DEFAULT_PORT.get(origin.partition(":")[0], ":"))


def prefixes(address: Address | None) -> tuple[bytes, bytes]:
    """What is counted: the bytes that stand for one household, and those for the network around it.

    An IPv4 address is both. Of an IPv6 address they are the first 64 bits and the first 48.
    """
    if address is None:
        return b"", b""
    if isinstance(address, IPv4Address):
        return b"4" + address.packed, b"4" + address.packed
    return b"6" + address.packed[:8], b"6" + address.packed[:6]


def how_many(network: Network) -> int:
    """How many households the network has, or /48s if it is as wide as one."""
    return 1 << max(counted_bits(network) - network.prefixlen, 0)


def households(network: Network) -> Iterator[bytes]:
    """The bytes that stand for each household in the network, or for each /48 if it is as wide as one (`prefixes`)."""
    bits = counted_bits(network)
    first = int(network.network_address) >> (network.max_prefixlen - bits)
    kind = b"4" if network.version == 4 else b"6"
    return (kind + (first + number).to_bytes(bits // 8, "big") for number in range(how_many(network)))


def counted_bits(network: Network) -> int:
    """How many bits of an address stand for it in a key that covers this network."""
    if network.version == 4:
        return 32
    return 48 if network.prefixlen <= 48 else 64


def request_host(head: Head) -> str | None:
    """The host by which the visitor reached us, without port and brackets; None if it sent no valid one."""
    match = AUTHORITY.fullmatch(head.get(b"host") or b"")
    return match["host"].decode().strip("[]") if match else None
