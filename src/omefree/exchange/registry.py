"""The registry of the nodes in an engine: how registry.lua is called, and what it answers."""

from importlib.resources import files
from typing import Any

from omefree.exchange.wire import Answer, Beat, Leader, Refusal
from omefree.nodes.roster import LEASE_S

KEYS = ("of:{r}:nodes", "of:{r}:lead", "of:{r}:born")  # one slot of a Cluster, and all that is ever written
_LEAVES = 2  # in place of "may lead": to a script that does not know it, such a node may not lead
SCRIPT = files("omefree.exchange").joinpath("registry.lua").read_text()


def command(beat: Beat, what: str) -> list[str | int]:
    """The command that lets the registry take a `beat` or a `bye`, or asks whether it would (`look`).

    The whole script goes with each: it is 5 KB a second, and an engine that was emptied needs nothing else.
    """
    may_lead = _LEAVES if beat.leaves else int(beat.may_lead)
    arguments: list[str | int] = [what, beat.tag, beat.boot, beat.version, may_lead, beat.online]
    arguments += [",".join(beat.secrets), int(LEASE_S * 1000)]
    for pool, seen in beat.seen.items():
        arguments += [pool, seen]
    return ["EVAL", SCRIPT, len(KEYS), *KEYS, *arguments]


def read_answer(said: list[Any]) -> Answer | Refusal:
    """Reads what registry.lua returned."""
    match said:
        case [b"ok", age_ms, online, nodes, leaders, leaving]:
            texts, led = [each.decode() for each in nodes], [each.decode() for each in leaders]
            return Answer(
                dict(zip(texts[::2], texts[1::2], strict=True)),
                online,
                {
                    pool: Leader(tag, int(epoch))
                    for pool, tag, epoch in zip(led[::3], led[1::3], led[2::3], strict=True)
                },
                age_ms / 1000,
                frozenset(tag.decode() for tag in leaving),
            )
        case [b"taken"]:
            return "taken"
        case [b"secret"]:
            return "secret"
        case [b"version"]:
            return "version"
        case _:
            return "engine"
