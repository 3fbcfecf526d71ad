"""Every setting, once: the flags, the environment, the TOML file and docs/settings.md are made from `Config`.

`python -m omefree.config > docs/settings.md` writes the documentation; a test compares the two.
"""

import difflib
import ipaddress
import re
import ssl
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from omefree.errors import ConfigError

PREFIX = "OMEFREE_"
CONFIG_VARIABLE = "OMEFREE_CONFIG"
NOT_SETTINGS = {CONFIG_VARIABLE, "OMEFREE_SKIP_FRONTEND"}  # the second is hatch_build.py's
FILE_SUFFIX = "_file"
SECRET = {"secret": True}  # such a setting can also be given as the path of a file that holds it

LINE_CHARS = 300  # a name with a postal address and a telephone number

Port = Annotated[int, Meta(ge=0, le=65535)]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one server. Each description is what docs/settings.md and `--help` say."""

    host: Annotated[
        str,
        Meta(
            min_length=1,
            description="Name or address to listen on. The default is this machine alone, over IPv4 and IPv6; "
            "`::` is every network, `0.0.0.0` every IPv4 network",
        ),
    ] = "localhost"
    port: Annotated[Port, Meta(description="TCP port of page and chat; 0: any free one")] = 8000
    public_host: Annotated[
        str | None,
        Meta(
            description="Name under which browsers reach this machine's STUN port, when it is not the name in the "
            "page's address (a proxy on another machine)",
        ),
    ] = None
    tls_cert: Annotated[str | None, Meta(description="File of the certificate and its chain, PEM; needs `tls_key`")] = (
        None
    )
    tls_key: Annotated[str | None, Meta(description="File of the certificate's private key, PEM")] = None
    allowed_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Other sites whose pages may use this server, as `https://example.org`. The server's own "
            "page always may"
        ),
    ] = ()
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses or networks of your reverse proxies. Only from these are X-Forwarded-For and "
            "X-Forwarded-Proto believed: anybody else could forge the address that quotas count"
        ),
    ] = ()
    max_connections: Annotated[
        int,
        Meta(
            ge=1,
            le=10_000_000,
            description="Visitors at once; more are told `full`. A connected visitor takes about 10 to 20 KB of "
            "memory, so the default is about 1 GB. `quota_scale` does not change it",
        ),
    ] = 50_000
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
    static_dir: Annotated[
        str | None, Meta(description="Folder of a built web app to serve in place of the one that came along")
    ] = None
    log_level: Annotated[
        LogLevel, Meta(description="Least severe line to log. No level logs an address, an id or a text")
    ] = "info"
    log_format: Annotated[LogFormat, Meta(description="Lines for people, or one JSON object each")] = "text"

    def __repr__(self) -> str:
        return "Config(...)"  # it holds a secret

    @property
    def tls(self) -> bool:
        return self.tls_cert is not None

    @property
    def open_to_others(self) -> bool:
        """Whether it listens for more than this machine, or for a proxy that does."""
        return bool(self.trusted_proxies) or not is_loopback(self.host)


class Setting(NamedTuple):
    """One field of `Config`, as flag, variable and documentation need it."""

    name: str
    kind: Any
    default: Any

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return variable_of(self.name)

    @property
    def text(self) -> str:
        return str(self.kind.__metadata__[-1].description)

    @property
    def inner(self) -> Any:
        """The type without `| None`, perhaps with bounds of its own."""
        kind = self.kind.__origin__
        return get_args(kind)[0] if NoneType in get_args(kind) else kind

    @property
    def base(self) -> Any:
        """The plain type."""
        return self.inner.__origin__ if hasattr(self.inner, "__metadata__") else self.inner

    @property
    def range(self) -> tuple[float, float] | None:
        """Both ends included."""
        metas = [meta for kind in (self.kind, self.inner) for meta in getattr(kind, "__metadata__", ())]
        return next(((meta.ge, meta.le) for meta in metas if meta.ge is not None), None)

    @property
    def many(self) -> bool:
        return isinstance(self.default, tuple)

    @property
    def shown_default(self) -> str:
        return "" if self.default in ((), "", None) else str(self.default)

    @property
    def secret(self) -> bool:
        return bool(self.kind.__metadata__[-1].extra)


def settings() -> Iterator[Setting]:
    """Every setting, in the order of `Config`."""
    hints = get_type_hints(Config, include_extras=True)
    for field in msgspec.structs.fields(Config):
        yield Setting(field.name, hints[field.name], field.default)


SETTINGS = {setting.name: setting for setting in settings()}
NAMES = [*SETTINGS, *(setting.name + FILE_SUFFIX for setting in SETTINGS.values() if setting.secret)]


class Value(NamedTuple):
    """What somebody set, and where: for the error's line."""

    given: Any
    source: str


Layer = dict[str, Value]


def load(flags: Mapping[str, Any], environ: Mapping[str, str], config_file: str | None = None) -> Config:
    """The settings: a flag beats the environment, which beats the TOML file. Flags that are None are not set.

    Raises ConfigError, with a message of one line, for an unknown or unreadable setting or file.
    """
    merged: Layer = {}
    for layer in (from_file(config_file or environ.get(CONFIG_VARIABLE)), from_environ(environ), from_flags(flags)):
        merged |= with_secrets(layer)
    config = Config(**{name: convert(SETTINGS[name], value) for name, value in merged.items()})
    check(config)
    return config


def from_flags(flags: Mapping[str, Any]) -> Layer:
    layer: Layer = {}
    for name, given in flags.items():
        if given is not None:
            shown = "--" + name.replace("_", "-")
            layer[name] = Value(",".join(given) if isinstance(given, list) else given, shown)
    return layer


def from_environ(environ: Mapping[str, str]) -> Layer:
    """`OMEFREE_PORT=9000`; a list is written with commas; an empty variable counts as not set."""
    layer: Layer = {}
    for variable, given in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        name = variable.removeprefix(PREFIX).lower()
        known(name, variable_of)
        if given:
            layer[name] = Value(given, variable)
    return layer


def from_file(path: str | None) -> Layer:
    if not path:
        return {}
    try:
        table = tomllib.loads(read_text(path, "the configuration file"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    for name in table:
        known(name, str, f" in {path}")
    return {name: Value(given, f"{name} in {path}") for name, given in table.items()}


def known(name: str, spelled: Callable[[str], str], where: str = "") -> None:
    """Raises ConfigError, with the nearest name there is, if there is no such setting."""
    if name in NAMES:
        return
    near = difflib.get_close_matches(name, NAMES, n=1)
    hint = f"did you mean {spelled(near[0])}?" if near else "docs/settings.md lists them all"
    raise ConfigError(f"there is no setting {spelled(name)}{where}; {hint}")


def variable_of(name: str) -> str:
    return PREFIX + name.upper()


def with_secrets(layer: Layer) -> Layer:
    """The layer with each `x_file` replaced by `x`, what is in that file."""
    done = dict(layer)
    for name in [name for name in layer if name not in SETTINGS]:
        path, source = done.pop(name)
        plain = name.removesuffix(FILE_SUFFIX)
        if plain in layer:
            raise ConfigError(f"set one of {layer[plain].source} and {source}, not both")
        done[plain] = Value(read_text(path, source).strip(), source)
    return done


def read_text(path: Any, what: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise ConfigError(f"cannot read {what}: {path}: {reason}") from None


def convert(setting: Setting, value: Value) -> Any:
    """The value as `Config` wants it. Raises ConfigError; never shows what was given, which may be a secret."""
    given = value.given
    if setting.many and isinstance(given, str):
        given = [part.strip() for part in given.split(",") if part.strip()]
    if isinstance(given, bool):  # TOML's true is no port
        raise ConfigError(f"{value.source}: expected {words(setting)}")
    try:
        return msgspec.convert(given, setting.kind, strict=False)
    except msgspec.ValidationError:
        raise ConfigError(f"{value.source}: expected {words(setting)}") from None


TEXT, TEXTS = "a text", "texts, separated by commas"


def words(setting: Setting) -> str:
    """What a setting accepts, in words."""
    if get_origin(setting.base) is Literal:
        return "one of " + ", ".join(get_args(setting.base))
    if setting.range is not None:
        noun = "a number" if setting.base is float else "a whole number"
        return f"{noun} from {setting.range[0]} to {setting.range[1]}"
    return TEXTS if setting.many else TEXT


ORIGIN = re.compile(r"https?://[^/?#@\s]+")
TURN_URL = re.compile(r"turns?:[^/?#@\s]+(\?transport=(udp|tcp))?")
CONTACT = re.compile(r"[^@\s:/?#<>,;]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+|https?://[^\s<>\"]+")
HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


def check(config: Config) -> None:
    """What one value alone cannot show. Raises ConfigError."""
    for origin in config.allowed_origins:
        if not ORIGIN.fullmatch(origin):
            raise ConfigError(f"allowed_origins: {origin} is not of the form https://example.org")
    for network in config.trusted_proxies:
        check_network(network)
    for url in config.turn_url:
        if not TURN_URL.fullmatch(url):
            raise ConfigError(f"turn_url: {url} is not of the form turn:turn.example.org:3478")
    if bool(config.turn_url) != bool(config.turn_secret):
        raise ConfigError("turn_url and turn_secret need each other: set both or none")
    if config.public_host and not HOST.fullmatch(config.public_host):
        raise ConfigError("public_host: expected a name or an address alone, without scheme and port")
    check_operator(config)
    check_tls(config)


def check_operator(config: Config) -> None:
    for name in ("contact", "authority_contact"):
        if (given := getattr(config, name)) and not CONTACT.fullmatch(given):
            raise ConfigError(f"{name}: expected a mail address or the address of a page, https://example.org/contact")
    for name in ("operator", "hosting"):
        given = getattr(config, name)
        if not given.isprintable() or len(given) > LINE_CHARS:
            raise ConfigError(f"{name}: expected one line of text, {LINE_CHARS} characters at most")


def is_loopback(host: str) -> bool:
    """Whether a name or an address to listen on is this machine's alone. Of names only `localhost` is sure."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def check_network(network: str) -> None:
    try:
        ipaddress.ip_network(network, strict=False)
    except ValueError:
        raise ConfigError(f"trusted_proxies: {network} is not an address or a network such as 10.0.0.0/8") from None


def check_tls(config: Config) -> None:
    cert, key = config.tls_cert, config.tls_key
    if cert is None and key is None:
        return
    if cert is None or key is None:
        raise ConfigError("tls_cert and tls_key need each other: set both or none")
    read_text(cert, "tls_cert")
    read_text(key, "tls_key")
    try:
        # An empty pass phrase: without one OpenSSL would ask at the terminal for an encrypted key's.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except ssl.SSLError:
        raise ConfigError("tls_cert and tls_key are not a PEM certificate and its unencrypted private key") from None


HEADER = """# Settings

<!-- Made from src/omefree/config.py by `make contract`: edit that, not this. -->

Each setting can be given in three ways. A flag (`omefree serve --port 9000`) beats an environment variable
(`OMEFREE_PORT=9000`), which beats a line of the file named by `--config` or `OMEFREE_CONFIG` (`port = 9000`, TOML).
Lists are written with commas, in TOML also as arrays. A secret can also be read from a file: `turn_secret_file`.
`omefree serve --check-config` says whether the settings are good, and starts nothing.

| setting | flag, variable | accepts | default | what it does, and why |
|---|---|---|---|---|
"""


def document() -> str:
    """docs/settings.md, whole."""
    return HEADER + "".join(row(setting) for setting in SETTINGS.values())


def row(setting: Setting) -> str:
    default = f"`{setting.shown_default}`" if setting.shown_default else ""
    names = f"`{setting.flag}`, `{setting.variable}`"
    if setting.secret:
        names += f"; `{setting.flag}-file`, `{setting.variable}_FILE`"
    return f"| `{setting.name}` | {names} | {words(setting)} | {default} | {setting.text}. |\n"


if __name__ == "__main__":
    sys.stdout.write(document())
