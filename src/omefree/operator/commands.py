"""The operator's commands: each gives an order by the control file, or asks the running server, and tells of it."""

from collections.abc import Mapping
from functools import partial

import msgspec
from msgspec.structs import replace

from omefree.errors import ControlError, OrderError
from omefree.guard.control import Network, Orders, ServerState, in_order, network
from omefree.guard.counters import Shown
from omefree.operator import desk, writer
from omefree.settings import load

WITHIN = "A running server obeys within 2 seconds."
NOBODY = "No server answers beside the control file: one that reads it obeys within 2 seconds, or when it starts."
DONE: dict[ServerState, str] = {
    "frozen": "The server is frozen: chats and searches end, and nobody can search.",
    "text-only": "The server is for text only: video searches end, chats go on, and only text can be searched for.",
    "open": "The server is open.",
}
GROUPS = {"reports": "Reports", "pauses": "Pauses"}


def control_file(given: str | None, config_file: str | None, environ: Mapping[str, str]) -> str:
    """The path of the control file, as `omefree serve` finds it. Raises ConfigError, OrderError if none is set."""
    path = load({"control_file": given}, environ, config_file).control_file
    if not path:
        raise OrderError(
            "no control file is set: name the server's one with --control-file, OMEFREE_CONTROL_FILE, "
            "or control_file in the settings"
        )
    return path


def set_state(path: str, state: ServerState) -> str:
    """Orders a state. Raises OrderError."""
    before, after = writer.change(path, lambda orders: replace(orders, state=state))
    if before == after:
        return f"Nothing to do: that was ordered already.\n{DONE[state]}"
    return f"{DONE[state]}\n{obeyed(path)}"


def freeze_dry(path: str) -> str:
    """Whom a freeze would concern now. Raises OrderError if no server answers."""
    here = desk.ask_present(path, desk.AskPresent())
    return (
        f"A freeze would end {here.chats} chats, and stop {here.sessions} sessions from searching. Nothing was changed."
    )


def forgive(path: str) -> str:
    """Orders that all pauses are lifted. Raises OrderError."""
    writer.change(path, lambda orders: replace(orders, forgiven=orders.forgiven + 1))
    return f"All pauses that reports have brought are lifted; blocks stay.\n{obeyed(path)}"


def block(path: str, given: str) -> str:
    """Orders a block. Raises OrderError."""
    wanted = prefix(given)
    before, after = writer.change(path, lambda orders: with_blocked(orders, (*orders.blocked, str(wanted))))
    if before == after:
        return f"Nothing to do: {wanted} is blocked already."
    return f"{wanted} is blocked.\n{obeyed(path)}"


def unblock(path: str, given: str) -> str:
    """Takes a block back. Raises OrderError."""
    wanted = prefix(given)
    rest = partial(without, str(wanted))
    before, after = writer.change(path, lambda orders: with_blocked(orders, rest(orders.blocked)))
    over = [str(each) for each in map(network, after.blocked) if covers(each, wanted)]
    still = f"\nIt still lies under {', '.join(over)}." if over else ""
    if before == after:
        return f"Nothing to do: {wanted} is not in the list.{still}"
    return f"{wanted} is no longer blocked.{still}\n{obeyed(path)}"


def block_dry(path: str, given: str) -> str:
    """How many sessions a block would end now. Raises OrderError if no server answers."""
    wanted = prefix(given)
    here = desk.ask_present(path, desk.AskUnder(str(wanted)))
    if here.sessions is None:
        return (
            f"How many sessions are under {wanted} cannot be told: it is wider than an IPv4 /16 or an IPv6 /32. "
            "A block would end none that are here, and refuse whoever connects. Nothing was changed."
        )
    return f"A block of {wanted} would end {here.sessions} sessions. Nothing was changed."


def prefix(given: str) -> Network:
    """The network that an operator means. Raises OrderError."""
    try:
        return network(given)
    except ControlError:
        raise OrderError(
            f"{given!r} is no prefix that can be blocked: write 198.51.100.7, 203.0.113.0/24 or 2001:db8::/48, "
            "and none wider than /8 (IPv6: /16); to shut everybody out, use omefree freeze"
        ) from None


def with_blocked(orders: Orders, prefixes: tuple[str, ...]) -> Orders:
    """The same orders with these blocks."""
    return replace(orders, blocked=in_order(prefixes))


def without(prefix: str, prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """The prefixes but this one."""
    return tuple(each for each in prefixes if each != prefix)


def covers(wide: Network, narrow: Network) -> bool:
    """Whether the second network lies in the first one."""
    return wide.version == narrow.version and narrow.network_address in wide and wide.prefixlen <= narrow.prefixlen


def obeyed(path: str) -> str:
    """Whether there is a server that obeys, for people."""
    try:
        desk.ask_present(path, desk.AskPresent())
    except OrderError:
        return NOBODY
    return WITHIN


def safety(path: str, as_json: bool) -> str:
    """The counters of today, for people or for programs. Raises OrderError if no server answers."""
    told = desk.ask_safety(path)
    if as_json:
        return msgspec.json.encode(told).decode()
    lines = [f"{told.day} (UTC), since midnight or the server's start", f"Chats: {told.counters.get('chats', 0)}"]
    return "\n".join([*lines, *(line(name, group, told.counters) for group, name in GROUPS.items())])


def line(name: str, group: str, counters: Mapping[str, Shown]) -> str:
    """One group of counters as a line."""
    told = [f"{key.partition('.')[2]} {count}" for key, count in counters.items() if key.startswith(f"{group}.")]
    return f"{name}: {', '.join(told) or 'none'}"
