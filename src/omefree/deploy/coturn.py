"""coturn's configuration for a server's settings. PURE.

Each line has its reason. What a stranger could reach through a relay is in net/peers.py; `omefree doctor` tries it.
"""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from msgspec import Struct

from omefree.errors import StartError
from omefree.net.peers import DENIED, denial
from omefree.net.turn import SECRET_CHARS
from omefree.net.urls import IceUrl, read_ice_url

RELAY_PORTS = 49_152, 65_535  # RFC 8656, section 7.2
PLACES = 2_000  # at once: 500 calls of two who both hide and ask by two URLs; arbitrary
PLACES_PER_CREDENTIALS = 12  # a page asks by each URL and each network of its device, and again when a call restarts
PLACE_BYTES_PER_S = 500_000  # each way: twice the bitrate of a call (web/src/call/bitrate.ts), with its resends
ADD = (
    "set turn_url and turn_secret_file in the settings first, for example: "
    'turn_url = ["turn:chat.example:3479", "turn:chat.example:3479?transport=tcp"] and '
    'turn_secret_file = "/etc/omefree/turn-secret"; 3479, because OmeFree\'s own STUN has 3478'
)


class Relay(Struct, frozen=True, kw_only=True):
    """What the configuration depends on.

    `port` serves `turn:` over UDP, TCP or both, `tls_port` serves `turns:`; None: nobody is told of such a URL.
    `external` has the public addresses, as `public` or, behind NAT, `public/private`. `listening`: empty for every
    address of the machine.
    """

    realm: str
    secret: str
    port: int | None
    tls_port: int | None
    udp: bool
    tcp: bool
    external: tuple[str, ...] = ()
    listening: tuple[str, ...] = ()
    cert: str = ""
    key: str = ""


def relay_of(
    urls: Sequence[str],
    secret: str,
    external: Sequence[str] = (),
    listening: Sequence[str] = (),
    cert: str | None = None,
    key: str | None = None,
) -> Relay:
    """The relay that serves these URLs. Raises StartError if no coturn could, or if the secret is weak."""
    read = [url for url in map(read_ice_url, urls) if url is not None and url.turn]
    if not read:
        raise StartError(ADD)
    if len(secret) < SECRET_CHARS or not secret.isascii() or not secret.isalnum():
        raise StartError(
            f"turn_secret: coturn needs {SECRET_CHARS} letters and digits or more, since every visitor can try short "
            "ones at home. Name a file that is not there yet as turn_secret_file, and this command makes a good one"
        )
    plain, secured = [url for url in read if not url.secure], [url for url in read if url.secure]
    if any(url.transport == "udp" for url in secured):
        raise StartError("turn_url: no browser speaks turns: over UDP; write ?transport=tcp, or nothing")
    tls_port = one_port(secured, "turns:")
    if tls_port and not (cert and key):
        raise StartError("a turns: URL needs a certificate: name it with --cert and --key")
    return Relay(
        realm=read[0].host,
        secret=secret,
        port=one_port(plain, "turn:"),
        tls_port=tls_port,
        udp=any(url.transport == "udp" for url in plain),
        tcp=any(url.transport == "tcp" for url in plain),
        external=tuple(map(external_ip, external)),
        listening=tuple(str(address_of(each)) for each in listening),
        cert=cert or "",
        key=key or "",
    )


def one_port(urls: Sequence[IceUrl], scheme: str) -> int | None:
    """The port of all these URLs, None without any. Raises StartError: one coturn has one port for each scheme."""
    ports = sorted({url.port for url in urls})
    if len(ports) > 1:
        raise StartError(f"turn_url: one coturn serves {scheme} on one port, not on {ports[0]} and {ports[1]}")
    return ports[0] if ports else None


def external_ip(given: str) -> str:
    """`public` or `public/private`, checked. Raises StartError."""
    return "/".join(str(address_of(each)) for each in given.split("/", 1))


def address_of(given: str) -> object:
    """The address in a text. Raises StartError."""
    try:
        return ip_address(given)
    except ValueError:
        raise StartError(f"{given} is not an address such as 203.0.113.7") from None


def configuration(relay: Relay) -> str:
    """The whole text of turnserver.conf."""
    return "\n".join(
        ["# Made by `omefree deploy coturn`. It holds a secret: mode 0640, group turnserver.", *lines(relay)]
    )


def lines(relay: Relay) -> Iterator[str]:
    """Yields the lines, each group under its reason."""
    yield "\n# Who may use it: visitors, with the credentials that OmeFree makes from the same secret for each call."
    yield from ("use-auth-secret", f"static-auth-secret={relay.secret}", f"realm={relay.realm}")
    yield from ("fingerprint", "stale-nonce=600")
    yield "\n# Where it listens. Open these in the firewall, and the relay's ports over UDP."
    yield from ports(relay)
    yield f"min-port={RELAY_PORTS[0]}\nmax-port={RELAY_PORTS[1]}"
    yield from (f"listening-ip={each}\nrelay-ip={each}" for each in relay.listening)
    if relay.external:
        yield "\n# What others are told. After a slash: the own address behind NAT."
        yield from (f"external-ip={each}" for each in relay.external)
    yield "\n# How much: places at once, places of one visitor, bytes a second of one place."
    yield f"total-quota={PLACES}\nuser-quota={PLACES_PER_CREDENTIALS}\nmax-bps={PLACE_BYTES_PER_S}"
    yield "\n# What it does not do: be steered over the network, relay TCP, help to map networks, say its version."
    yield from ("no-cli", "no-tcp-relay", "no-multicast-peers", "no-rfc5780", "no-stun-backward-compatibility")
    yield from ("response-origin-only-with-rfc5780", "no-software-attribute")
    yield "\n# No log: it would name visitors' addresses."
    yield from ("no-stdout-log", "simple-log", "log-file=/dev/null")
    yield "\n# Where nobody is relayed to: this machine, private networks, a cloud's metadata; and these as IPv6."
    yield from map(denial, DENIED)


def ports(relay: Relay) -> Iterator[str]:
    """Yields the lines for the two ports."""
    if relay.port:
        yield f"listening-port={relay.port}"
    if relay.tls_port:
        yield from (f"tls-listening-port={relay.tls_port}", f"cert={relay.cert}", f"pkey={relay.key}")
        yield from ("no-tlsv1", "no-tlsv1_1")
    unused = {"no-udp": relay.udp, "no-tcp": relay.tcp, "no-tls": bool(relay.tls_port), "no-dtls": False}
    yield from (name for name, is_used in unused.items() if not is_used)
