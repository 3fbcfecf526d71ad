"""Checks by visitors that meet: what is sealed, what others can hear, and how many are counted."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import msgspec

from omefree.audit.check import Verdict, failed, missing, passed, some
from omefree.audit.probe import Probe, code_of
from omefree.audit.stage import ProbePair, Stage, look, meet, new_topic
from omefree.contract import events

COUNTS = 4  # tries, as other visitors may come and go meanwhile
ONE_CAME, ONE_CAME_FOR_ANOTHER = 1, 0
COUNTER = b'["online"'
NOBODY_KNOWS = b'["omefree-audit-unknown",{"a":1}]'
# The same JSON could be written in another way. A server that decodes it and encodes it again changes the bytes.
ODD = r'["message", "%s", "\u00e9\ud83d\ude42 \/ é🙂 %s"]'


async def entry(stage: Stage) -> Verdict:
    """A part of the check `entry`: two come in with no more than the protocol's version, and meet."""
    await stage.pair()
    return passed("entry")


async def seal(stage: Stage) -> Verdict:
    """The check `seal`: two agree on the same keys and understand each other.

    What arrives is what was sent; otherwise the seal breaks.
    """
    a, b, _ = pair = await stage.pair()
    if not (a.fault or b.fault):
        await talk(pair)
    if fault := a.fault or b.fault:
        return failed("seal_fault", fault=fault)
    if a.emoji != b.emoji:
        return failed("seal_differs")
    return passed("seal", count=len(a.sent) + len(b.sent))


async def talk(pair: ProbePair) -> None:
    """Lets each of the two say something and waits until the other has read it. Raises NotChecked."""
    for sender, receiver in ((pair.a, pair.b), (pair.b, pair.a)):
        text = secrets.token_hex(24)
        sender.say(text)
        await receiver.reads(text)


async def mixing(stage: Stage) -> Verdict:
    """The check `mixing`: a visitor that seals is not introduced to one that does not.

    One that seals searches first, then two that do not. Those two must meet, and the first must search on.
    """
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
    """The check `relay`: what two visitors say without a seal arrives byte for byte.

    Without a seal, a server could change it.
    """
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
    """Whether all that was relayed to `receiver` was sent by `sender`, to the byte and in that order."""
    said = iter(sender.sent)
    return all(heard.body in said for heard in receiver.heard if heard.is_relayed)


async def cross_talk(stage: Stage) -> Verdict:
    """The check `cross-talk`: a third visitor knows the chat's id, but can neither write into the chat nor hear it."""
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
    """Every event by which a visitor could interfere with a chat."""
    return (
        events.Message(chat, "audit"),
        events.Signal(chat, "audit"),
        events.Typing(chat, True),
        events.Report(chat, "other"),
        events.Again(chat),
        events.Leave(chat),
    )


def is_of_a_chat(event: events.ServerEvent | None) -> bool:
    """Whether the event belongs to a chat. The third visitor must hear none such."""
    return isinstance(event, events.Matched | events.Partner | events.Ended)


def name_of(event: events.VisitorEvent) -> str:
    """The event's name on the wire."""
    return str(msgspec.to_builtins(event)[0])


async def round_trip(probe: Probe) -> str:
    """The code of the reply to an unknown event.

    When it is here, whatever was on its way to the probe before has come, too. Raises NotChecked.
    """
    return code_of(await probe.ask_raw(NOBODY_KNOWS))


# --- the counter ---


async def counting(stage: Stage) -> Verdict:
    """The check `counting`: the counter is one more for each probe that comes, one fewer for each that goes."""
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
    """By how much the counter changes when a probe comes, and when one goes and another comes."""
    first, second = await stage.probe(), await stage.probe()
    await second.leave()
    third = await stage.probe()
    for probe in (first, third):
        await probe.leave()
    counts = [probe.welcome.online for probe in (first, second, third)]
    return counts[1] - counts[0], counts[2] - counts[1]


async def online(stage: Stage) -> Verdict:
    """The check `online`: whichever probe heard the counter's event, it was a number, and not a negative one."""
    told = [heard.body for probe in stage.all for heard in probe.heard if heard.body.startswith(COUNTER)]
    if strange := [body for body in told if not is_a_count(body)]:
        return failed("online_more", what=some(body.decode(errors="replace") for body in strange))
    if negative := [probe.welcome.online for probe in stage.all if probe.welcome.online < 0]:
        return failed("online_more", what=some(negative))
    return passed("online", count=len(told) + len(stage.all))


def is_a_count(body: bytes) -> bool:
    """Whether an event is `online` with a number that is not negative."""
    match msgspec.json.decode(body):
        case ["online", int(count)]:
            return count >= 0
        case _:
            return False


# --- events ---


async def known_events(stage: Stage, same_version: bool) -> Verdict:
    """The check `events`: unknown events are refused, and all that came is in the protocol."""
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
    """Yields what a probe heard that is not in the protocol: whole events, cut to 40 bytes, and single fields."""
    for heard in probe.heard:
        if heard.event is None and not heard.body.startswith(COUNTER):  # the counter has a check of its own
            yield heard.body[:40].decode(errors="replace")
        elif heard.event is not None:
            arguments = zip(msgspec.json.decode(heard.body)[1:], msgspec.structs.astuple(heard.event), strict=False)
            for raw, listed in arguments:
                yield from unlisted(raw, listed)


def unlisted(raw: object, listed: object) -> Iterable[str]:
    """Yields the fields of a JSON value that its type does not have."""
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
