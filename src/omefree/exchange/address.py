"""The address of a Valkey or Redis: what the setting `exchange` may say."""

import re
import ssl
from typing import Literal, TypeAlias, get_args
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct, structs

from omefree.errors import ConfigError

Kind: TypeAlias = Literal["single", "unix", "sentinel", "cluster"]
KINDS: tuple[Kind, ...] = get_args(Kind)

PORT = 6379
SENTINEL_PORT = 26379
_SCHEME = re.compile(r"(?:valkey|redis)(?P<tls>s?)(?:\+(?P<kind>sentinel|cluster))?")
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:\s]+)(?::(?P<port>\d{1,5}))?")


class Address(Struct, frozen=True):
    """Where the engine is, and as whom to speak to it. `str` of it holds neither user nor password."""

    kind: Kind
    tls: bool = False
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""  # of a UNIX socket
    service: str = ""  # the name by which the sentinels know the primary
    user: str | None = None
    password: str | None = None
    sentinel_user: str | None = None
    sentinel_password: str | None = None
    cert: str | None = None  # the file of the certificate that we show, PEM
    key: str | None = None

    def __str__(self) -> str:
        if self.kind == "unix":
            return self.path
        return ", ".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts)


def parse_url(url: str) -> Address:
    """Reads an address. Raises ConfigError without quoting it, since it may hold a password.

    `valkey://user:password@host:port`, `valkeys://` with TLS, `valkey+sentinel://host,host/service`,
    `valkey+cluster://host,host`, `unix:///path`. `redis` means the same as `valkey`.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _wrong("it is no URL") from None
    who, _, hosts = parts.netloc.rpartition("@")
    user, password = _credentials(who)
    if parts.query or parts.fragment:
        raise _wrong("nothing may follow `?` or `#`")
    if parts.scheme == "unix":
        if hosts or not parts.path.strip("/"):
            raise _wrong("a socket's address is unix:///path")
        return Address("unix", path=unquote(parts.path), user=user, password=password)
    return _over_network(parts, hosts, user, password)


def address_of(url: str, sentinel: str = "", cert: str | None = None, key: str | None = None) -> Address:
    """As `parse_url`, with who we are to the sentinels (`user:password`) and the files that we show over TLS.

    Raises ConfigError.
    """
    address = parse_url(url)
    user, password = _credentials(sentinel)
    if sentinel and (address.kind != "sentinel" or password is None):
        raise ConfigError(
            "exchange_sentinel: expected user:password or :password, and an exchange of valkey+sentinel://"
        )
    if (cert is None) != (key is None):
        raise ConfigError("exchange_cert and exchange_key need each other: set both or none")
    if cert is not None and not address.tls:
        raise ConfigError("exchange_cert is for a connection with TLS: valkeys:// in place of valkey://")
    address = structs.replace(address, sentinel_user=user, sentinel_password=password, cert=cert, key=key)
    try:
        tls_context(address)
    except OSError:
        raise ConfigError("exchange_cert and exchange_key: expected a PEM certificate and its key") from None
    return address


def tls_context(address: Address) -> ssl.SSLContext | None:
    """How to speak TLS there, if at all. Raises OSError if the certificate that we show cannot be read."""
    if not address.tls:
        return None
    context = ssl.create_default_context()
    if address.cert is not None:
        # The empty pass phrase: with none, OpenSSL would ask for one at the terminal.
        context.load_cert_chain(address.cert, address.key, password="")
    return context


def _over_network(parts: SplitResult, hosts: str, user: str | None, password: str | None) -> Address:
    scheme = _SCHEME.fullmatch(parts.scheme)
    if scheme is None:
        raise _wrong("it begins with valkey://, valkeys:// (TLS), valkey+sentinel://, valkey+cluster:// or unix://")
    kind = next(kind for kind in KINDS if kind == (scheme["kind"] or "single"))
    path = unquote(parts.path.strip("/"))
    if kind == "sentinel" and not path:
        raise _wrong("the name of the sentinels' service is missing: valkey+sentinel://host,host/service")
    if kind != "sentinel" and path not in ("", "0"):
        raise _wrong("there are no numbered databases here, so nothing may follow the host")
    listed = tuple(_host(each, SENTINEL_PORT if kind == "sentinel" else PORT) for each in hosts.split(","))
    if kind == "single" and len(listed) > 1:
        raise _wrong("several hosts are for valkey+sentinel:// and valkey+cluster://")
    service = path if kind == "sentinel" else ""
    return Address(kind, bool(scheme["tls"]), listed, service=service, user=user, password=password)


def _credentials(given: str) -> tuple[str | None, str | None]:
    user, _, password = given.partition(":")
    return unquote(user) or None, unquote(password) or None


def _host(given: str, port: int) -> tuple[str, int]:
    match = _HOST.fullmatch(given)
    if match is None:
        raise _wrong("a host is missing, or has a port that is no number")
    chosen = int(match["port"] or port)
    if not 0 < chosen <= 65_535:
        raise _wrong("a port is a number from 1 to 65535")
    return match["host"].strip("[]"), chosen


def _wrong(why: str) -> ConfigError:
    return ConfigError(f"exchange: {why}")
