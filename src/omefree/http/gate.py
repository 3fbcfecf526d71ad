"""The engine's gate: Origin rule, CORS, address keys, connection caps (protocol.md, "Connection" and rule 5)."""

import re
import secrets
from collections.abc import Callable
from hashlib import blake2s
from ipaddress import IPv4Address

from msgspec import Struct

from omefree.config import Config
from omefree.contract.codes import MESSAGES, Code
from omefree.contract.limits import CONNECTIONS_AT_ONCE, NEW_CONNECTIONS
from omefree.engine.gate import Admission, Denial, Head
from omefree.guard.quota import Bucket, scaled
from omefree.http.proxies import Address, Proxies

RETRY_S = 5.0  # for `full` and for too many at once: a spent bucket is full again after this time
FORGET_S = NEW_CONNECTIONS.burst / NEW_CONNECTIONS.rate_s  # an unused bucket is full by then: nothing to remember
REMEMBERED_S = 2 * FORGET_S  # at most: a key unused since just after one pruning is forgotten at the second one
KEY_LIFE_S = 24 * 3600.0  # then a new key is made, so that hashes of two days cannot be compared
PREFLIGHT_S = 600  # how long a browser may remember a preflight's answer
DEFAULT_PORT = {"http": ":80", "https": ":443"}


class Entry(Struct):
    """The state of one address key: its bucket, its last use (s), and how many of its sessions are open."""

    bucket: Bucket
    touched_s: float
    present: int = 0


class HttpGate:
    """Implements `omefree.engine.gate.Gate`. `clock` is monotonic, in seconds.

    An address is kept only as long as the call that reads it. What stays is the BLAKE2s hash of its prefix, under a
    random key that is never written anywhere.
    """

    def __init__(
        self,
        config: Config,
        clock: Callable[[], float],
        random_key: Callable[[], bytes] = lambda: secrets.token_bytes(32),
    ) -> None:
        self._proxies = Proxies(config.trusted_proxies)
        self._allowed = {normal(origin) for origin in config.allowed_origins}
        self._rate = scaled(NEW_CONNECTIONS, config.quota_scale)
        self._at_once = connections_at_once(config)
        self._max_connections = config.max_connections
        self._clock = clock
        self._random_key = random_key
        self._key = random_key()
        self._key_since_s = self._pruned_s = clock()
        self._entries: dict[bytes, Entry] = {}
        self.connected = 0

    def check(self, head: Head) -> Denial | None:
        """Refuses a page (403) whose Origin is neither the server's own nor an allowed one. No Origin is fine."""
        origin = head.get(b"origin")
        if origin is None:  # not a browser, or a browser's GET to its page's own host
            return None
        allowed = origin.decode("latin-1") in self._allowed | self._own(head)
        return None if allowed else denial(403, "origin")

    def cors(self, head: Head) -> list[tuple[bytes, bytes]]:
        """The CORS headers for an allowed origin; empty for all others and for the server's own page."""
        origin = head.get(b"origin")
        if origin is None or origin.decode("latin-1") not in self._allowed:
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
        """Counts a new session for its address key, or refuses it: `full` (503) or `rate_limited` (429)."""
        now = self._clock()
        if now - self._pruned_s >= FORGET_S:
            self.prune()
        if self.connected >= self._max_connections:
            return denial(503, "full", RETRY_S)
        key = self._address_key(head, now)
        entry = self._entries.setdefault(key, Entry(Bucket(), now))
        entry.touched_s = now
        if entry.present >= self._at_once:
            return denial(429, "rate_limited", RETRY_S)
        wait_s = entry.bucket.take(self._rate, now)
        if wait_s > 0:
            return denial(429, "rate_limited", wait_s)
        entry.present += 1
        self.connected += 1
        return Admission(key, request_host(head) or "")

    def exit(self, admission: Admission) -> None:
        """Stops counting a session. Its address key stays until `prune` forgets it."""
        entry = self._entries[admission.key]
        entry.present -= 1
        entry.touched_s = self._clock()
        self.connected -= 1

    def prune(self) -> None:
        """Forgets the address keys that nobody uses. A timer must call it: without visitors, nothing else does."""
        now = self._pruned_s = self._clock()
        unused = [k for k, entry in self._entries.items() if not entry.present and now - entry.touched_s >= FORGET_S]
        for key in unused:
            del self._entries[key]

    def remembered(self) -> int:
        """How many address keys are held."""
        return len(self._entries)

    def _own(self, head: Head) -> set[str]:
        host = head.get(b"host")
        scheme = "https" if self._proxies.secure(head) else "http"
        return {normal(f"{scheme}://{host.decode('latin-1')}")} if host else set()

    def _address_key(self, head: Head, now: float) -> bytes:
        if now - self._key_since_s >= KEY_LIFE_S:
            self._key, self._key_since_s = self._random_key(), now
        return blake2s(prefix(self._proxies.client(head)), key=self._key, digest_size=16).digest()


def connections_at_once(config: Config) -> int:
    """How many sessions one address key may have at once."""
    return max(1, int(CONNECTIONS_AT_ONCE * config.quota_scale))


def denial(status: int, code: Code, retry_after_s: float | None = None) -> Denial:
    """A denial with the contract's sentence for this code. `retry_after_s` is None if waiting does not help."""
    return Denial(status, code, MESSAGES[code], retry_after_s)


def normal(origin: str) -> str:
    """An origin as browsers write it: lower case, no default port."""
    origin = origin.lower()
    return origin.removesuffix(DEFAULT_PORT[origin.partition(":")[0]])


def prefix(address: Address | None) -> bytes:
    """The bytes that stand for one household: an IPv4 address, or the first 64 bits of an IPv6 one."""
    if address is None:
        return b""
    return b"4" + address.packed if isinstance(address, IPv4Address) else b"6" + address.packed[:8]


AUTHORITY = re.compile(rb"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


def request_host(head: Head) -> str | None:
    """The host by which the visitor reached us, without port and brackets; None if it sent no valid one."""
    match = AUTHORITY.fullmatch(head.get(b"host") or b"")
    return match["host"].decode().strip("[]") if match else None
