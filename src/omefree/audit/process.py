"""`omefree audit --pid PID`: what only the host can tell, before, during and after a chat of the audit's own.

Of a supervisor of several workers, all its processes are looked at: the chat is at some of them.

It needs Linux and root. A check that cannot be made says so: it does not count as passed.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from omefree.audit import proc
from omefree.audit.check import Check, Verdict, failed, line, missing, passed, some
from omefree.audit.contact import blind, site_of
from omefree.audit.memory import forms, seen
from omefree.audit.ports import listening, metrics_ports
from omefree.audit.probe import Stranger
from omefree.audit.stage import Stage, look, new_topic
from omefree.audit.traces import no_trace
from omefree.audit.web import Site, Web
from omefree.client.address import read_address
from omefree.contract import events
from omefree.errors import ConnectError, NotChecked
from omefree.privacy.policy import POLICY_JSON

TEXTS = 8  # that each of the two sends
TRIES, BETWEEN_TRIES_S = 5, 0.2  # until the server has closed the connections of those that left
HTTPS_PORT = 443

Named = Mapping[str, set[bytes]]  # the forms of words, by what the words are


class Look(Struct):
    """What was seen of a process, and of those that it has started: together they are the server.

    `fault` says why there was no chat, or why it did not come to its end; None if it did.
    """

    pids: list[int]
    fault: NotChecked | None = None
    files: set[str] = field(default_factory=set)
    sockets: set[proc.OpenSocket] = field(default_factory=set)
    metrics: Mapping[int, list[str]] = field(default_factory=dict)  # ports of /metrics, with what is told unlisted
    redirects: set[int] = field(default_factory=set)  # TCP ports at which plain HTTP is led to https, and no more
    bites: bool = False  # whether the search found what had to be there
    read: set[str] = field(default_factory=set)  # what the search found during the chat and should not have
    remains: set[str] = field(default_factory=set)  # what it found after the chat
    logged: set[str] = field(default_factory=set)
    wrote_bytes: int = 0
    exchange: str = ""  # how this server speaks with others of its chat, as its policy says; empty: it is alone

    def again(self) -> None:
        """Adds the files and the sockets that are open now. Raises OSError."""
        for pid in self.pids:
            self.files |= set(proc.written_files(pid))
            self.sockets |= set(proc.sockets(pid))

    def need_chat(self) -> None:
        """Raises NotChecked if there was no whole chat."""
        if self.fault is not None:
            raise self.fault

    def need_memory(self) -> None:
        """Raises NotChecked if there was no whole chat, or if the search of the memory did not work."""
        self.need_chat()
        if not self.bites:
            raise missing("not_found_at_all")


async def audit_process(pid: int, url: str | None = None) -> list[Check]:
    """Makes every check on the host.

    `url`: where the process serves, if that is not what its socket says; None: what its socket says.
    """
    seen_of = Look(proc.family(pid))
    try:
        seen_of.again()
        seen_of.metrics = await metrics_ports(seen_of.sockets)
        await rehearse(seen_of, url)
    except (NotChecked, ConnectError, OSError) as error:
        seen_of.fault = why_not(error)
    return [made(name, check, seen_of) for name, check in CHECKS.items()]


def made(name: str, check: Callable[[Look], Verdict], seen_of: Look) -> Check:
    """Makes one check. If it cannot be made, the result says why."""
    try:
        result, detail = check(seen_of)
    except (NotChecked, OSError) as error:
        result, detail = "not checked", why_not(error).reason
    return Check(name, name, result, detail)


def why_not(error: NotChecked | ConnectError | OSError) -> NotChecked:
    """The same error as a reason that the audit can tell."""
    match error:
        case NotChecked():
            return error
        case ConnectError():
            return missing("no_chat", why=str(error))
        case PermissionError():
            return missing("not_allowed")
        case _:
            return missing("gone" if sys.platform == "linux" else "no_linux")


# --- the chat ---


async def rehearse(seen_of: Look, url: str | None) -> None:
    """Lets two strangers meet, seal, talk and leave, and looks at the process meanwhile.

    Raises what `audit_process` catches.
    """
    site = site_of(url)[0] if url else await page_of(seen_of)
    seen_of.exchange = await exchange_of(site)
    stage = Stage(read_address(site.base + "/"), blind() if site.secure else None)
    written, log = written_bytes(seen_of), Log(seen_of.pids)
    try:
        names = await talk(stage, seen_of)
        seen_of.again()
        seen_of.redirects = await redirects(seen_of.sockets)
    finally:
        await stage.close()
    seen_of.remains = await until_gone(seen_of.pids, names)
    seen_of.again()
    seen_of.wrote_bytes = written_bytes(seen_of) - written
    seen_of.logged = log.tells(names)


def written_bytes(it: Look) -> int:
    """How many bytes the server has caused to be written to storage. Raises OSError."""
    return sum(map(proc.written_bytes, it.pids))


async def exchange_of(site: Site) -> str:
    """How the server says that it speaks with others of its chat; empty if it is alone. Raises NotChecked."""
    told = msgspec.json.decode((await Web(site, blind() if site.secure else None).ask(POLICY_JSON)).text)
    return str(told["settings"].get("exchange") or "")


async def talk(stage: Stage, seen_of: Look) -> Named:
    """Lets two strangers meet and talk. The result has the forms of all their words.

    Raises NotChecked, ConnectError, OSError.
    """
    topic = new_topic()
    a, b = await stage.stranger(), await stage.stranger()
    await look(a, topic)
    seen_of.bites = bool(await search(seen_of.pids, {"interest": forms(topic.encode())}))
    await look(b, topic)
    chat = (await a.hears(events.Matched)).args.chat
    said = await say_all(a, b) + await say_all(b, a)
    seen_of.read = await search(seen_of.pids, {"text": all_forms(said)})
    ids = [chat, *(each for probe in (a, b) for each in (probe.handshake.sid, probe.welcome.resume))]
    sealed = [str(msgspec.json.decode(body)[2]) for probe in (a, b) for body in probe.sent]
    return {
        "interest": forms(topic.encode()), "text": all_forms(said), "sealed": {each.encode() for each in sealed},
        "number": {each.encode() for each in ids}, "commitment": {each.seal.commit.encode() for each in (a, b)},
    }  # fmt: skip


async def say_all(speaker: Stranger, listener: Stranger) -> list[str]:
    """Sends eight random texts from one to the other and returns them.

    Raises NotChecked if the two could not seal, or if a text did not come.
    """
    await speaker.sealed()
    said = [secrets.token_hex(24) for _ in range(TEXTS)]
    for text in said:
        speaker.say(text)
        await listener.reads(text)
    if speaker.fault or listener.fault:
        raise missing("no_sealed_pair")
    return said


def all_forms(words: Iterable[str]) -> set[bytes]:
    """Every form of each word (`memory.forms`)."""
    return {form for word in words for form in forms(word.encode())}


async def search(pids: Iterable[int], names: Named) -> set[str]:
    """The names of the words that are in the memory of any of them. Searches in a thread. Raises OSError."""
    found = [await asyncio.to_thread(seen, pid, names) for pid in pids]
    return set().union(*found)


async def until_gone(pids: Iterable[int], names: Named) -> set[str]:
    """The names of the words that are left after the server had its time. Raises OSError."""
    for _ in range(TRIES):
        if not (left := await search(pids, names)):
            break
        await asyncio.sleep(BETWEEN_TRIES_S)
    return left


async def page_of(seen_of: Look) -> Site:
    """Where the process serves: its first TCP port but that of /metrics. Raises NotChecked if it has none."""
    sites = [site for port, site in listening(seen_of.sockets).items() if port not in seen_of.metrics]
    if not sites:
        raise missing("no_chat", why=line("no_port"))
    plain = sites[0]
    try:
        https = await led_to(plain)
    except NotChecked:
        return msgspec.structs.replace(plain, secure=True)
    return plain if https is None else msgspec.structs.replace(plain, secure=True, port=https)


async def redirects(found: Iterable[proc.OpenSocket]) -> set[int]:
    """The ports at which plain HTTP is led to https at another port."""
    leads: set[int] = set()
    for port, site in listening(found).items():
        with contextlib.suppress(NotChecked):
            leads |= {port} if await led_to(site) not in (None, port) else set()
    return leads


async def led_to(plain: Site) -> int | None:
    """The port of https to which a request by plain HTTP is led; None if it is served. Raises NotChecked."""
    target = urlsplit((await Web(plain, None).ask("/healthz")).first("location"))
    return (target.port or HTTPS_PORT) if target.scheme == "https" else None


class Log:
    """The files that processes write their output to. Only what is written from now on counts."""

    def __init__(self, pids: Iterable[int]) -> None:
        """Raises OSError."""
        self.files = {Path(each.path): each for each in outputs(pids) if each.is_regular}
        self._starts = {path: path.stat().st_size for path in self.files if path.exists()}

    def tells(self, names: Named) -> set[str]:
        """The names of the words that have been written since. Raises OSError."""
        written = b""
        for path, start in self._starts.items():
            with path.open("rb") as log:
                log.seek(start)
                written += log.read()
        return {name for name, wanted in names.items() if any(form in written for form in wanted)}


def outputs(pids: Iterable[int]) -> list[proc.OpenFile]:
    """The descriptors of the standard output and the standard error of these processes."""
    return [each for pid in pids for each in proc.open_files(pid) if each.number in proc.OUTPUT]


# --- the checks ---


def ram_only(it: Look) -> Verdict:
    """The check `ram-only`: the process writes to no file and is connected to no database.

    One of several servers that are one chat has one connection, to what carries their sealed words; its policy says so.
    """
    own = {each.port for each in it.sockets if each.listens}
    if it.files:
        return failed("writes", what=some(sorted(it.files)))
    stores = sorted({each.peer for each in it.sockets if each.peer and each.port not in own})
    is_exchange = it.exchange == "cluster" or (it.exchange != "" and len(stores) == 1)
    if stores and not is_exchange:
        return failed("database", what=some(stores))
    it.need_chat()
    if it.wrote_bytes > 0 and not any(each.is_regular for each in outputs(it.pids)):
        return failed("wrote", count=it.wrote_bytes)
    return passed("no_file_exchange", what=some(stores)) if stores else passed("no_file")


def gone_at_leave(it: Look) -> Verdict:
    """The check `gone-at-leave`: nothing of the two that left remains in memory."""
    it.need_memory()
    return failed("remains", what=some(sorted(it.remains))) if it.remains else passed("nothing_remains")


def text_unread(it: Look) -> Verdict:
    """The check `text-unread`: no text of the chat was ever in the server's memory."""
    it.need_memory()
    if it.read | (it.remains & {"text"}):
        return failed("reads")
    return passed("unread")


def media_direct(it: Look) -> Verdict:
    """The check `media-direct`: one port listens for the page, one at most for STUN, one at most for /metrics.

    What /metrics says is listed (privacy/measurable.py): an open port is not to say anything else. A port that only
    leads to https takes nothing, and a page at a UNIX socket has no port.
    """
    ports = sorted({(each.kind, each.port) for each in it.sockets if each.listens})
    shown = some(f"{kind} {port}" for kind, port in ports)
    if not ports:
        it.need_chat()
    if other := [series for told in it.metrics.values() for series in told]:
        return failed("other_metrics", what=some(other))
    kinds = [kind for kind, port in ports if kind != "tcp" or port not in {*it.metrics, *it.redirects}]
    usual = kinds.count("tcp") <= 1 and len(it.metrics) <= 1 and kinds.count("udp") <= 1 and "raw" not in kinds
    return passed("ports", what=shown) if usual else failed("open_ports", what=shown)


def no_logs(it: Look) -> Verdict:
    """The check `no-logs`: the output has no word of the two. It must be a file or /dev/null to be checked."""
    if it.logged:
        return failed("logged", what=some(sorted(it.logged)))
    it.need_chat()
    to = outputs(it.pids)
    hidden = {each.path for each in to if not each.is_regular and each.path != "/dev/null"}
    if hidden:
        raise missing("log_elsewhere", what=some(sorted(hidden)))
    kept = {each.path for each in to if each.is_regular}
    return passed("log_file", what=some(sorted(kept))) if kept else passed("log_nowhere")


CHECKS: dict[str, Callable[[Look], Verdict]] = {
    "ram-only": ram_only,
    "gone-at-leave": gone_at_leave,
    "text-unread": text_unread,
    "media-direct": media_direct,
    "no-logs": no_logs,
    "no-trace": lambda it: no_trace(it.pids),
}
