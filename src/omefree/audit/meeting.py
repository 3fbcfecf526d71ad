"""What strangers find out by meeting: the sealing, who hears whom, who is counted."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import msgspec

from omefree.audit.check import Verdict, failed, missing, passed, some
from omefree.audit.probe import Probe, code_of
from omefree.audit.stage import ProbePair, Stage, look, meet, new_topic
from omefree.contract import events

COUNTS = 4  # tries, if others come and go meanwhile
ONE_CAME, ONE_CAME_FOR_ANOTHER = 1, 0
COUNTER = b'["online"'
NOBODY_KNOWS = b'["omefree-audit-unknown",{"a":1}]'
# JSON that says the same in another way would be decoded and written anew by whoever reads it.
ODD = r'["message", "%s", "\u00e9\ud83d\ude42 \/ é🙂 %s"]'


async def entry(stage: Stage) -> Verdict:
    """Two come in with no more than the protocol's version, and meet."""
    await stage.pair()
    return passed("entry")


async def seal(stage: Stage) -> Verdict:
    """Both seal, agree on the same keys, and understand each other; what arrives is what was sent."""
    a, b, _ = pair = await stage.pair()
    if not (a.fault or b.fault):
        await talk(pair)
    if fault := a.fault or b.fault:
        return failed("seal_fault", fault=fault)
    if a.emoji != b.emoji:
        return failed("seal_differs")
    return passed("seal", count=len(a.sent) + len(b.sent))


async def talk(pair: ProbePair) -> None:
    """Each says something to the other."""
    for sender, receiver in ((pair.a, pair.b), (pair.b, pair.a)):
        text = secrets.token_hex(24)
        sender.say(text)
        await receiver.reads(text)


async def mixing(stage: Stage) -> Verdict:
    """One who seals looks first, then two who do not: those two meet, and the first waits on."""
    topic = new_topic()
    sealing, one, other = await stage.stranger(), await stage.probe(), await stage.probe()
    for probe in (sealing, one, other):
        await look(probe, topic)
    await one.hears(events.Matched)
    await round_trip(sealing)
    for probe in (sealing, one, other):
        await probe.leave()
    return failed("mixed") if sealing.has_heard(events.Matched) else passed("not_mixed")


async def relay(stage: Stage) -> Verdict:
    """Two who do not seal, so that a server could change what they say."""
    a, b = await stage.probe(), await stage.probe()
    chat = await meet(a, b)
    for sender, receiver in ((a, b), (b, a)):
        said = await sender.ask_raw((ODD % (chat, secrets.token_hex(24))).encode())
        if not said.ok:
            raise missing("not_taken", code=said.code)
        await receiver.hears(events.Message)
    changed = not (is_unchanged(a, b) and is_unchanged(b, a))
    for probe in (a, b):
        await probe.leave()
    return failed("changed") if changed else passed("unchanged")


def is_unchanged(sender: Probe, receiver: Probe) -> bool:
    """All that was passed on was said so, to the byte and in that order."""
    said = iter(sender.sent)
    return all(heard.body in said for heard in receiver.heard if heard.is_relayed)


async def cross_talk(stage: Stage) -> Verdict:
    """A third who knows the chat's number writes into it, and listens."""
    pair = await stage.sealed_pair()
    third = await stage.probe()
    for event in intrusions(pair.chat):
        code = code_of(await third.ask(event))
        if code != "chat_over":
            return failed("intruded", event=name_of(event), code=code)
    await talk(pair)
    await round_trip(third)
    if overheard := [heard for heard in third.heard if heard.is_relayed or is_of_a_chat(heard.event)]:
        return failed("overheard", what=some(heard.body.decode(errors="replace") for heard in overheard))
    if pair.a.fault or pair.b.fault or not (is_unchanged(pair.a, pair.b) and is_unchanged(pair.b, pair.a)):
        return failed("interfered")
    await third.leave()
    return passed("no_cross_talk")


def intrusions(chat: str) -> tuple[events.VisitorEvent, ...]:
    return (
        events.Message(chat, "audit"),
        events.Signal(chat, "audit"),
        events.Typing(chat, True),
        events.Report(chat, "other"),
        events.Again(chat),
        events.Leave(chat),
    )


def is_of_a_chat(event: events.ServerEvent | None) -> bool:
    return isinstance(event, events.Matched | events.Partner | events.Ended)


def name_of(event: events.VisitorEvent) -> str:
    return str(msgspec.to_builtins(event)[0])


async def round_trip(probe: Probe) -> str:
    """What was on its way to it has come. The code of the answer to an event that nobody knows."""
    return code_of(await probe.ask_raw(NOBODY_KNOWS))


# --- the counter ---


async def counting(stage: Stage) -> Verdict:
    """One more for each of ours that comes, one fewer for each that goes."""
    seen = []
    for _ in range(COUNTS):
        steps = await count(stage)
        if steps == (ONE_CAME, ONE_CAME_FOR_ANOTHER):
            return passed("counted")
        seen.append(steps)
    if len(set(seen)) > 1:
        raise missing("others_move")
    return failed("miscounted", up=f"{seen[0][0]:+d}", back=f"{seen[0][1]:+d}")


async def count(stage: Stage) -> tuple[int, int]:
    """What the counter makes of one that comes, and of one that comes for one that has gone."""
    first, second = await stage.probe(), await stage.probe()
    await second.leave()
    third = await stage.probe()
    for probe in (first, third):
        await probe.leave()
    counts = [probe.welcome.online for probe in (first, second, third)]
    return counts[1] - counts[0], counts[2] - counts[1]


async def online(stage: Stage) -> Verdict:
    """The counter's event, wherever one of ours heard it."""
    told = [heard.body for probe in stage.all for heard in probe.heard if heard.body.startswith(COUNTER)]
    if strange := [body for body in told if not is_a_count(body)]:
        return failed("online_more", what=some(body.decode(errors="replace") for body in strange))
    if negative := [probe.welcome.online for probe in stage.all if probe.welcome.online < 0]:
        return failed("online_more", what=some(negative))
    return passed("online", count=len(told) + len(stage.all))


def is_a_count(body: bytes) -> bool:
    match msgspec.json.decode(body):
        case ["online", int(count)]:
            return count >= 0
        case _:
            return False


# --- events ---


async def known_events(stage: Stage, same_version: bool) -> Verdict:
    """What is not in the protocol is refused, and is not sent either."""
    probe = await stage.probe()
    for body, wanted in (
        (NOBODY_KNOWS, "unknown_event"),
        (b'["__proto__",{}]', "unknown_event"),
        (b'["find"]', "bad_args"),
    ):
        code = code_of(await probe.ask_raw(body))
        if code != wanted:
            return failed("event_answered", event=body.decode(), code=code, wanted=wanted)
    await probe.leave()
    strange = sorted({each for visitor in stage.all for each in unlisted_of(visitor)})
    if strange and not same_version:
        raise missing("other_version")
    if strange:
        return failed("unlisted", what=some(strange))
    return passed("events", count=sum(len(visitor.heard) for visitor in stage.all))


def unlisted_of(probe: Probe) -> Iterable[str]:
    for heard in probe.heard:
        if heard.event is None and not heard.body.startswith(COUNTER):  # that one is judged apart
            yield heard.body[:40].decode(errors="replace")
        elif heard.event is not None:
            arguments = zip(msgspec.json.decode(heard.body)[1:], msgspec.structs.astuple(heard.event), strict=False)
            for raw, listed in arguments:
                yield from unlisted(raw, listed)


def unlisted(raw: object, listed: object) -> Iterable[str]:
    """The fields of a JSON value that its type does not have."""
    match raw, listed:
        case dict(), msgspec.Struct():
            fields = {field.encode_name: field.name for field in msgspec.structs.fields(listed)}
            for key, value in raw.items():
                if key not in fields:
                    yield str(key)
                else:
                    yield from unlisted(value, getattr(listed, fields[key]))
        case dict(), dict():
            for key, value in raw.items():
                yield from unlisted(value, listed.get(key))
        case list(), list():
            for value, each in zip(raw, listed, strict=False):
                yield from unlisted(value, each)
        case _:
            pass  # no field in it
