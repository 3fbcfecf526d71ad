"""Settings from flags, the environment and a TOML file, and docs/settings.md: all of it made from `Config`.

`python -m omefree.settings > docs/settings.md` writes the documentation; a test compares the two.
"""

import difflib
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from omefree.config import Config, check
from omefree.errors import ConfigError
from omefree.textfile import read_text

PREFIX = "OMEFREE_"
CONFIG_VARIABLE = "OMEFREE_CONFIG"
# For the build (hatch_build.py, web/build), and for workers (workers/brief.py).
NOT_SETTINGS = {CONFIG_VARIABLE, "OMEFREE_SKIP_FRONTEND", "OMEFREE_WORDS", "OMEFREE_WORKER"}
FILE_SUFFIX = "_file"
# What Kubernetes sets in every container for a service named `omefree`, or `omefree-...` (core/v1, "Environment
# variables" of a Service). Only OMEFREE_PORT and OMEFREE_..._PORT could be ours as well: those go by their value.
SERVICE_LINK = re.compile(
    r"OMEFREE(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
PORT_LINK = re.compile(r"(tcp|udp|sctp)://[^\s/]+:\d+")


class Setting(NamedTuple):
    """One field of `Config`, as flags, variables and documentation need it. `kind` is its annotated type."""

    name: str
    kind: Any
    default: Any

    @property
    def flag(self) -> str:
        """The flag, such as `--max-connections`."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable, such as `OMEFREE_MAX_CONNECTIONS`."""
        return variable_of(self.name)

    @property
    def text(self) -> str:
        """The description, for people."""
        return str(self.kind.__metadata__[-1].description)

    @property
    def inner(self) -> Any:
        """The type without `| None`; it may have bounds of its own."""
        kind = self.kind.__origin__
        return get_args(kind)[0] if NoneType in get_args(kind) else kind

    @property
    def base(self) -> Any:
        """The plain type, without bounds."""
        return self.inner.__origin__ if hasattr(self.inner, "__metadata__") else self.inner

    @property
    def range(self) -> tuple[float, float] | None:
        """The lowest and the highest value, both allowed; None if there are no bounds."""
        metas = [meta for kind in (self.kind, self.inner) for meta in getattr(kind, "__metadata__", ())]
        return next(((meta.ge, meta.le) for meta in metas if meta.ge is not None), None)

    @property
    def many(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.default, tuple)

    @property
    def shown_default(self) -> str:
        """The default, for people; empty if there is none."""
        return "" if self.default in ((), "", None) else str(self.default)

    @property
    def secret(self) -> bool:
        """Whether it is a secret, which can also be read from a file."""
        return "secret" in self._extra

    @property
    def is_path(self) -> bool:
        """Whether it is the path of a file or a folder."""
        return "path" in self._extra

    @property
    def can_be_empty(self) -> bool:
        """Whether a text may be empty. If it need not be set, there is another way to have none."""
        return self.default is not None and self.kind.__metadata__[-1].min_length is None

    @property
    def _extra(self) -> Mapping[str, Any]:
        return self.kind.__metadata__[-1].extra or {}


def settings() -> Iterator[Setting]:
    """Every setting, in the order of `Config`."""
    hints = get_type_hints(Config, include_extras=True)
    for field in msgspec.structs.fields(Config):
        yield Setting(field.name, hints[field.name], field.default)


SETTINGS = {setting.name: setting for setting in settings()}
NAMES = [*SETTINGS, *(setting.name + FILE_SUFFIX for setting in SETTINGS.values() if setting.secret)]


class Value(NamedTuple):
    """A value that was set, and where it was set, for an error's message."""

    given: Any
    source: str


Layer = dict[str, Value]


def load(flags: Mapping[str, Any], environ: Mapping[str, str], config_file: str | None = None) -> Config:
    """The settings. A flag beats the environment, which beats the TOML file. A flag that is None is not set.

    Raises ConfigError, with a message of one line, if a setting or a file is unknown, unreadable or wrong.
    """
    merged: Layer = {}
    for layer in layers(flags, environ, config_file):
        merged |= with_secrets(layer)
    config = Config(**{name: convert(SETTINGS[name], value) for name, value in merged.items()})
    check(config)
    return config


def layers(flags: Mapping[str, Any], environ: Mapping[str, str], config_file: str | None) -> tuple[Layer, ...]:
    """What each place gives, in rising order of weight. Raises ConfigError."""
    return from_file(config_file or environ.get(CONFIG_VARIABLE)), from_environ(environ), from_flags(flags)


def value_of(name: str, flags: Mapping[str, Any], environ: Mapping[str, str], config_file: str | None) -> Any:
    """What is given for one name, such as `turn_secret_file`, unchecked; None if nothing is. Raises ConfigError."""
    given = [layer[name].given for layer in layers(flags, environ, config_file) if name in layer]
    return given[-1] if given else None


def from_flags(flags: Mapping[str, Any]) -> Layer:
    """The settings that the flags give."""
    layer: Layer = {}
    for name, given in flags.items():
        if given is not None:
            shown = "--" + name.replace("_", "-")
            layer[name] = Value(",".join(given) if isinstance(given, list) else given, shown)
    return layer


def from_environ(environ: Mapping[str, str]) -> Layer:
    """The settings that the environment gives, such as `OMEFREE_PORT=9000`.

    A list is written with commas; an empty variable counts as not set. Raises ConfigError for an unknown variable.
    """
    layer: Layer = {}
    for variable, given in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS or is_service_link(variable, given):
            continue
        name = variable.removeprefix(PREFIX).lower()
        known(name, variable_of)
        if given:
            layer[name] = Value(given, variable)
    return layer


def service_links(environ: Mapping[str, str]) -> list[str]:
    """The variables that look like ours, but are Kubernetes' own. They are ignored."""
    return sorted(variable for variable, given in environ.items() if is_service_link(variable, given))


def is_service_link(variable: str, given: str) -> bool:
    """Whether Kubernetes has set this variable, as `OMEFREE_PORT=tcp://10.0.0.7:8000`."""
    is_port = variable.startswith(PREFIX) and variable.endswith("_PORT") and PORT_LINK.fullmatch(given)
    return bool(is_port or SERVICE_LINK.fullmatch(variable))


def from_file(path: str | None) -> Layer:
    """The settings of a TOML file, none without a path. Raises ConfigError for an unreadable file or unknown name."""
    if not path:
        return {}
    try:
        table = tomllib.loads(read_text(path, "the configuration file"))
    except RecursionError:
        raise ConfigError(f"{path} is not TOML: it is nested too deeply") from None
    except ValueError as error:  # of TOML, or of a number with more than 4,300 digits
        raise ConfigError(f"{path} is not TOML: {error}") from None
    for name in table:
        known(name, str, f" in {path}")
    return {name: Value(given, f"{name} in {path}") for name, given in table.items()}


def known(name: str, spelled: Callable[[str], str], where: str = "") -> None:
    """Raises ConfigError, with the nearest name that exists, if there is no such setting."""
    if name in NAMES:
        return
    near = difflib.get_close_matches(name, NAMES, n=1)
    hint = f"did you mean {spelled(near[0])}?" if near else "docs/settings.md lists them all"
    raise ConfigError(f"there is no setting {spelled(name)}{where}; {hint}")


def variable_of(name: str) -> str:
    """The environment variable of the setting with this name."""
    return PREFIX + name.upper()


def with_secrets(layer: Layer) -> Layer:
    """The layer, with each `x_file` replaced by `x` from that file. Raises ConfigError if both are set."""
    done = dict(layer)
    for name in [name for name in layer if name not in SETTINGS]:
        path, source = done.pop(name)
        plain = name.removesuffix(FILE_SUFFIX)
        if plain in layer:
            raise ConfigError(f"set one of {layer[plain].source} and {source}, not both")
        done[plain] = Value(one_line(read_text(path, source).strip(), source), source)
    return done


def one_line(text: str, source: str) -> str:
    """The text, if it is one line. Raises ConfigError, which does not show it."""
    if not text.isprintable():
        raise ConfigError(f"{source}: expected a file with one line of text")
    return text


def convert(setting: Setting, value: Value) -> Any:
    """The value as `Config` needs it. Raises ConfigError, which never shows the value: it may be a secret."""
    given = value.given
    if setting.many and isinstance(given, str):
        given = [part.strip() for part in given.split(",") if part.strip()]
    if isinstance(given, bool):  # TOML's `true`: no setting takes one
        raise ConfigError(f"{value.source}: expected {words(setting)}")
    try:
        made = msgspec.convert(given, setting.kind, strict=False)
    except (msgspec.ValidationError, ValueError, OverflowError):  # of a text that is no UTF-8, of a huge number
        raise ConfigError(f"{value.source}: expected {words(setting)}") from None
    for text in made if setting.many else [made]:
        if isinstance(text, str):
            check_text(text, setting, value.source)
    return made


def check_text(text: str, setting: Setting, source: str) -> None:
    """Raises ConfigError for a zero, which no path, name or line can have, for bytes that are no UTF-8, for nothing."""
    if not text and not setting.can_be_empty:
        raise ConfigError(f"{source}: expected {words(setting)}")
    if "\0" in text:
        raise ConfigError(f"{source}: there is a zero character in it")
    if not setting.is_path and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ConfigError(f"{source}: expected {words(setting)}, in UTF-8")


TEXT, TEXTS = "a text", "texts, separated by commas"


def words(setting: Setting) -> str:
    """What a setting accepts, in words."""
    if get_origin(setting.base) is Literal:
        return "one of " + ", ".join(get_args(setting.base))
    if setting.range is not None:
        noun = "a number" if setting.base is float else "a whole number"
        return f"{noun} from {setting.range[0]} to {setting.range[1]}"
    return TEXTS if setting.many else TEXT if setting.can_be_empty else f"{TEXT} that is not empty"


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
    """The whole text of docs/settings.md."""
    return HEADER + "".join(row(setting) for setting in SETTINGS.values())


def row(setting: Setting) -> str:
    """The row of a setting in the table of docs/settings.md."""
    default = f"`{setting.shown_default}`" if setting.shown_default else ""
    names = f"`{setting.flag}`, `{setting.variable}`"
    if setting.secret:
        names += f"; `{setting.flag}-file`, `{setting.variable}_FILE`"
    return f"| `{setting.name}` | {names} | {words(setting)} | {default} | {in_cell(setting.text)}. |\n"


def in_cell(text: str) -> str:
    """The text for a cell of a Markdown table, where a bar would begin the next cell."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(document())
