"""Every setting, with its range and its reason. How settings are given, read and documented: settings.py."""

import ipaddress
import re
from itertools import combinations
from typing import Annotated, Literal

from msgspec import Meta, Struct

from omefree.contract.limits import RESUME_WINDOW_CHAT_S, RESUME_WINDOW_MAX_S, RESUME_WINDOW_S
from omefree.errors import CertificateError, ConfigError
from omefree.exchange.address import Address, address_of
from omefree.http.proxies import networks
from omefree.operator import certificate
from omefree.privacy.services import HelpService

SECRET = {"secret": True}  # such a setting can also be given as the path of a file that holds it
PATH = {"path": True}  # its bytes need not be UTF-8

EXCHANGE_SECRET_CHARS = 32
AUTO = "auto"  # as `exchange`
WORKERS_MAX = 64  # arbitrary: descriptors of all siblings go to each worker in one message, 253 at most
LINE_CHARS = 300  # enough for a name with a postal address and a telephone number

Port = Annotated[int, Meta(ge=0, le=65535)]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]
Lead = Literal["auto", "never"]


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one server. docs/settings.md and `--help` show each description."""

    host: Annotated[
        str,
        Meta(
            min_length=1,
            description="Name or address to listen on. The default is this machine alone, over IPv4 and IPv6; "
            "`::` is every network, `0.0.0.0` every IPv4 network",
        ),
    ] = "localhost"
    port: Annotated[Port, Meta(description="TCP port of page and chat; 0: any free one")] = 8000
    redirect_port: Annotated[
        Port | None,
        Meta(
            description="TCP port, usually 80, on which plain HTTP is sent on to https at `port`; needs `tls_cert`. "
            "Not set: none"
        ),
    ] = None
    unix_socket: Annotated[
        str | None,
        Meta(
            extra=PATH,
            description="UNIX socket to listen on in place of `host` and `port`, for a proxy on this machine. Its "
            "owner and its group may connect, and who does is believed as a trusted proxy is",
        ),
    ] = None
    root_path: Annotated[
        str,
        Meta(
            description="Path below which a proxy serves this page, as `/chat`, if it leaves that path in its "
            "requests. A proxy that takes it away needs no setting"
        ),
    ] = ""
    public_host: Annotated[
        str | None,
        Meta(
            description="Name under which browsers reach this machine's STUN port, when it is not the name in the "
            "page's address (a proxy on another machine)",
        ),
    ] = None
    tls_cert: Annotated[
        str | None,
        Meta(
            description="File of the certificate and its chain, PEM; needs `tls_key`. A renewed one is served within "
            "seconds, without a restart",
            extra=PATH,
        ),
    ] = None
    tls_key: Annotated[str | None, Meta(description="File of the certificate's private key, PEM", extra=PATH)] = None
    allowed_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Other sites whose pages may use this server, as `https://example.org`; pages in an app, as "
            "`capacitor://localhost`. The server's own page always may"
        ),
    ] = ()
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses or networks of your reverse proxies, or `localhost`. Only from these are "
            "X-Forwarded-For, -Proto, -Host and -Port believed, or Forwarded (RFC 7239) instead of X-Forwarded-For: "
            "others could forge the address that quotas count"
        ),
    ] = ()
    node: Annotated[
        str,
        Meta(
            description="Name of this server among several behind one proxy: each session's id begins with it, and the "
            "proxy finds the server by it (docs/proxies.md). Lower-case letters and digits, 8 at most. Not set: random",
        ),
    ] = ""
    exchange: Annotated[
        str,
        Meta(
            description="The Valkey (8 or later) or Redis (7 or later) over which several servers are one chat "
            "(docs/scaling.md): `valkey://user:password@host:6379`, `valkeys://` with TLS, "
            "`valkey+sentinel://host,host/service`, `valkey+cluster://host,host`, `unix:///path`; `redis` is the same. "
            "Needs `exchange_secret`. `auto`, with `workers`: a private one is started, if it is installed, with no "
            "secret. Not set: this server is alone",
            extra=SECRET,  # it may hold a password
        ),
    ] = ""
    exchange_secret: Annotated[
        str,
        Meta(
            description="The same on all these servers, 32 characters at least: what they say to each other is sealed "
            "with it. `omefree secret` prints one. To change it, give two with a comma between: the first seals, both "
            "are understood",
            extra=SECRET,
        ),
    ] = ""
    exchange_sentinel: Annotated[
        str,
        Meta(
            description="User and password of the Sentinels, if they ask for one: `user:password`, or `:password` for "
            "the default user; percent-encoded as in an address. Those in `exchange` are the engine's",
            extra=SECRET,
        ),
    ] = ""
    exchange_cert: Annotated[
        str | None,
        Meta(
            description="File of the certificate that this server shows to a Valkey that asks for one, and its chain, "
            "PEM; needs `exchange_key` and TLS (`valkeys://`). It is read for each new connection",
            extra=PATH,
        ),
    ] = None
    exchange_key: Annotated[str | None, Meta(description="File of that certificate's private key, PEM", extra=PATH)] = (
        None
    )
    lead: Annotated[
        Lead,
        Meta(description="Whether this server may lead a crowd of visitors who search at several servers"),
    ] = "auto"
    drain_s: Annotated[
        float,
        Meta(
            ge=0,
            le=300,
            description="How long a stop (SIGTERM) may take with `exchange`, while visitors move to the other servers "
            "and their chats go on; it is over once all have moved. 0, or no other server: all chats end at once. More "
            "than 300 no machine is given to stop",
        ),
    ] = 30.0
    drain_notice_s: Annotated[
        float,
        Meta(
            ge=0,
            le=60,
            description="How much of that passes before visitors are asked to move. By then balancers should have seen "
            "that `/readyz` answers 503, or they would send them here again: in the default they look two or three "
            "times, once a second. 60 is enough for the slowest",
        ),
    ] = 3.0
    workers: Annotated[
        int,
        Meta(
            ge=1,
            le=WORKERS_MAX,
            description="Processes of this server, which share its port: one for each core is a good number. More than "
            "one need `exchange` (docs/scaling.md)",
        ),
    ] = 1
    max_connections: Annotated[
        int,
        Meta(
            ge=1,
            le=10_000_000,
            description="Visitors at once, those who may still come back included; more are told `full`. A connected "
            "visitor takes about 10 to 20 KB of memory, so the default is about 1 GB. `quota_scale` does not change it",
        ),
    ] = 50_000
    resume_window_s: Annotated[
        float,
        Meta(
            ge=1,
            le=RESUME_WINDOW_MAX_S,
            description="How long a visitor outside a chat may come back after its connection broke. Until then it is "
            "held and counts as a visitor; the policy tells the figure. Less than 1 would end a change of networks, "
            "more than 600 would hold places for people who have gone",
        ),
    ] = RESUME_WINDOW_S
    resume_window_chat_s: Annotated[
        float,
        Meta(
            ge=1,
            le=RESUME_WINDOW_MAX_S,
            description="The same for a visitor in a chat: its partner sees that it is away, and can go on at any "
            "time. The default outlives a locked phone",
        ),
    ] = RESUME_WINDOW_CHAT_S
    quota_scale: Annotated[
        float,
        Meta(
            ge=0.001,
            le=1_000_000,
            description="Factor on every rate quota and on the connections of one address; never on sizes. For load "
            "tests, or for many visitors behind one address",
        ),
    ] = 1.0
    hesitation_s: Annotated[
        float,
        Meta(
            ge=0,
            le=60,
            description="Longest time that two who share an interest wait for a better match while the arrivals of "
            "the last minutes let one be expected; 0: paired at once. Nobody else ever waits for that. The default is "
            "what nobody feels; 5 finds much better matches on a busy server, and takes seconds",
        ),
    ] = 1.0
    stun_host: Annotated[
        str | None,
        Meta(
            description="Name or address on which STUN listens. Not set: `host`, but behind a proxy every network, "
            "since browsers reach STUN past the proxy",
        ),
    ] = None
    stun_port: Annotated[
        Port | None,
        Meta(
            description="UDP port on which browsers learn their public address; 0: none. Not set: 3478 if it is "
            "free, else none, with a warning"
        ),
    ] = None
    turn_url: Annotated[
        tuple[str, ...],
        Meta(
            description="coturn servers that relay a call whose two sides cannot reach each other, as "
            "`turn:turn.example.org:3478`; needs `turn_secret`"
        ),
    ] = ()
    turn_secret: Annotated[
        str,
        Meta(
            description="coturn's `static-auth-secret`: visitors get credentials made from it that last 10 minutes",
            extra=SECRET,
        ),
    ] = ""
    operator: Annotated[
        str,
        Meta(
            description="Who runs this server, for /privacy and /legal: a name, with a postal address where the law "
            "asks for it"
        ),
    ] = ""
    contact: Annotated[
        str,
        Meta(
            description="Where visitors reach the operator: a mail address or the https address of a page. A server "
            "that others can reach and that has none says so when it starts and on its pages"
        ),
    ] = ""
    authority_contact: Annotated[
        str,
        Meta(
            description="Where authorities do, likewise (Digital Services Act, article 11). Not set: `contact`",
        ),
    ] = ""
    hosting: Annotated[
        str,
        Meta(description="Who hosts the machine: name, address, telephone. French law asks for it on /legal"),
    ] = ""
    accountable: Annotated[
        str,
        Meta(
            description="The person who answers for safety here, by name, for /legal: the British Online Safety Act "
            "asks for one (docs/law.md, row 6). Not set: not shown"
        ),
    ] = ""
    youth_officer: Annotated[
        str,
        Meta(
            description="The youth-protection officer and how to reach them, for /legal: German law may ask for one "
            "(docs/law.md, row 13). Not set: not shown"
        ),
    ] = ""
    help_services: Annotated[
        tuple[str, ...],
        Meta(
            description="Services that help your visitors, shown on /safety above those that OmeFree names; each as "
            "`name | what for | https://example.org`. A text with commas needs the TOML file"
        ),
    ] = ()
    control_file: Annotated[
        str | None,
        Meta(
            description="File with your orders, which `omefree freeze`, `open`, `text-only`, `block` and `forgive` "
            "write and the server reads every 2 s (docs/operating.md). Beside it, under its name and `.sock`, the "
            "running server answers `omefree safety`. Not set: there are no orders",
            extra=PATH,
        ),
    ] = None
    metrics_port: Annotated[
        Port | None,
        Meta(
            description="TCP port of `/metrics`, for Prometheus: sums of everybody together (docs/running.md); 0: any "
            "free one. Not set: there is none"
        ),
    ] = None
    metrics_host: Annotated[
        str,
        Meta(
            min_length=1,
            description="Name or address of that port. The default is this machine alone; whoever reaches another one "
            "can read the sums",
        ),
    ] = "localhost"
    static_dir: Annotated[
        str | None,
        Meta(description="Folder of a built web app to serve in place of the one that came along", extra=PATH),
    ] = None
    log_level: Annotated[
        LogLevel, Meta(description="Least severe line to log. No level logs an address, an id or a text")
    ] = "info"
    log_format: Annotated[LogFormat, Meta(description="Lines for people, or one JSON object each")] = "text"

    def __repr__(self) -> str:
        return "Config(...)"  # it holds a secret

    @property
    def exchange_secrets(self) -> tuple[str, ...]:
        """The secrets that seal what nodes say to each other: the first seals, and all are understood."""
        return tuple(part for each in self.exchange_secret.split(",") if (part := each.strip()))

    @property
    def exchange_address(self) -> Address:
        """Where the engine between the nodes is, and who we are to it. Raises ConfigError."""
        return address_of(self.exchange, self.exchange_sentinel, self.exchange_cert, self.exchange_key)

    @property
    def tls(self) -> bool:
        """Whether this process serves TLS itself."""
        return self.tls_cert is not None

    @property
    def open_to_others(self) -> bool:
        """Whether it listens for other machines, or for a proxy that does."""
        return bool(self.trusted_proxies) or self.unix_socket is not None or not is_loopback(self.host)


ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#@\s]+")
ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
TURN_URL = re.compile(r"turns?:[^/?#@\s]+(\?transport=(udp|tcp))?")
CONTACT = re.compile(r"[^@\s:/?#<>,;]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+|https?://[^\s<>\"]+")
HTTPS = re.compile(r"https://[^\s<>\"|]+")
NODE = re.compile(r"[a-z0-9]{0,8}")
HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


def check(config: Config) -> None:
    """Checks what the type of one value cannot show. Raises ConfigError."""
    for origin in config.allowed_origins:
        if not ORIGIN.fullmatch(origin):
            raise ConfigError(f"allowed_origins: {origin} is not an origin such as https://example.org")
    for network in config.trusted_proxies:
        check_network(network)
    for url in config.turn_url:
        if not TURN_URL.fullmatch(url):
            raise ConfigError(f"turn_url: {url} is not of the form turn:turn.example.org:3478")
    if bool(config.turn_url) != bool(config.turn_secret):
        raise ConfigError("turn_url and turn_secret need each other: set both or none")
    check_place(config)
    if not NODE.fullmatch(config.node):
        raise ConfigError("node: expected at most 8 lower-case letters and digits")
    check_exchange(config)
    if 0 < config.drain_s <= config.drain_notice_s:
        raise ConfigError("drain_notice_s is a part of drain_s: make it smaller, or drain_s larger")
    check_ports(config)
    check_operator(config)
    check_tls(config)


def check_exchange(config: Config) -> None:
    """Raises ConfigError unless this server can be one of several, or is to be alone. No secret is quoted."""
    if config.workers > 1 and not config.exchange:
        raise ConfigError(
            "workers: more than one need exchange, over which they are one chat: auto starts a private Valkey for them"
        )
    if config.exchange == AUTO:
        if config.workers == 1:
            raise ConfigError("exchange: auto is for several workers of one machine: set workers, or name a Valkey")
        if config.exchange_secret:
            raise ConfigError("exchange_secret: exchange auto needs none: it makes its own at each start")
        return
    if not config.exchange:
        for name in ("exchange_secret", "exchange_sentinel", "exchange_cert", "exchange_key"):
            if getattr(config, name):
                raise ConfigError(f"{name} needs exchange: the address of the Valkey over which servers speak")
        return
    _ = config.exchange_address
    secrets = config.exchange_secrets
    if not secrets:
        raise ConfigError(
            "exchange needs exchange_secret, the same on all servers: `omefree secret` prints one "
            f"of {EXCHANGE_SECRET_CHARS} characters or more"
        )
    if len(secrets) > 2 or any(len(secret) < EXCHANGE_SECRET_CHARS for secret in secrets):
        raise ConfigError(
            f"exchange_secret: expected a text of {EXCHANGE_SECRET_CHARS} characters at least, as `omefree secret` "
            "prints one, or two of them with a comma between"
        )


def check_ports(config: Config) -> None:
    """Raises ConfigError if two settings name the same TCP port."""
    named = {"port": config.port, "redirect_port": config.redirect_port, "metrics_port": config.metrics_port}
    for one, other in combinations((name for name, port in named.items() if port), 2):
        if named[one] == named[other]:
            raise ConfigError(f"{one} and {other} are both {named[one]}: choose another for one of them")


def check_place(config: Config) -> None:
    """Raises ConfigError if the place at which visitors reach the server is none."""
    if config.public_host and not HOST.fullmatch(config.public_host):
        raise ConfigError("public_host: expected a name or an address alone, without scheme and port")
    if not ROOT_PATH.fullmatch(config.root_path):
        raise ConfigError("root_path: expected a path such as /chat, without a slash at its end")


def check_operator(config: Config) -> None:
    """Raises ConfigError if a contact is not an address, a text is not one line, or a service for help is none."""
    for name in ("contact", "authority_contact"):
        if (given := getattr(config, name)) and not CONTACT.fullmatch(given):
            raise ConfigError(f"{name}: expected a mail address or the address of a page, https://example.org/contact")
    for name in ("operator", "hosting", "accountable", "youth_officer"):
        if not is_line(getattr(config, name)):
            raise ConfigError(f"{name}: expected one line of text, {LINE_CHARS} characters at most")
    for line in config.help_services:
        help_service(line)


def is_line(given: str) -> bool:
    """Whether a text is one line that can be printed, of LINE_CHARS characters at most."""
    return given.isprintable() and len(given) <= LINE_CHARS


def help_service(line: str) -> HelpService:
    """The service that a line of `help_services` names. Raises ConfigError, which shows the line."""
    name, what, url = parts if len(parts := [part.strip() for part in line.split("|")]) == 3 else ("", "", "")
    if not (is_line(line) and name and what and HTTPS.fullmatch(url)):
        shown = line if is_line(line) else "a text that is no line"
        raise ConfigError(
            f"help_services: expected name | what for | https://example.org, on one line of {LINE_CHARS} characters at "
            f"most, and not: {shown}"
        )
    return HelpService(name=name, what=what, url=url)


def is_loopback(host: str) -> bool:
    """Whether a name or an address to listen on is this machine's alone. Of names, only `localhost` is sure."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def check_network(network: str) -> None:
    """Raises ConfigError unless the text is an address, a network or `localhost`."""
    try:
        networks(network)
    except ValueError:
        raise ConfigError(f"trusted_proxies: {network} is not an address or a network such as 10.0.0.0/8") from None


def check_tls(config: Config) -> None:
    """Raises ConfigError unless certificate and key can be served, or both are missing."""
    cert, key = config.tls_cert, config.tls_key
    if cert is None and key is None:
        if config.redirect_port is not None:
            raise ConfigError("redirect_port needs tls_cert and tls_key: without them there is no https to lead to")
        return
    if cert is None or key is None:
        raise ConfigError("tls_cert and tls_key need each other: set both or none")
    try:
        certificate.load(cert, key)
    except CertificateError as error:
        raise ConfigError(str(error)) from None
