"""Checks of what is left of a visitor that has gone, as far as others can see it."""

from __future__ import annotations

import asyncio

from omefree.audit.check import Verdict, failed, passed
from omefree.audit.meeting import round_trip
from omefree.audit.probe import Probe, code_of
from omefree.audit.stage import Stage, look, new_topic
from omefree.contract import events

TRIES = 5  # of several processes, one may learn a moment after another that a chat is over
BETWEEN_TRIES_S = 0.2


async def leave(stage: Stage) -> Verdict:
    """The check `leave`: one of two leaves. The partner is told, and the chat's id is worth nothing to either."""
    pair = await stage.pair()
    await pair.a.ask(events.Leave(pair.chat))
    pair.a.close_talk()
    for probe in (pair.a, pair.b):
        if not await is_over(probe, pair.chat):
            return failed("ghost")
    await pair.b.hears(events.Ended)
    return passed("left")


async def is_over(probe: Probe, chat: str) -> bool:
    """Whether the server says that this chat is over. Asks up to 5 times, 0.2 s apart. Raises NotChecked."""
    for _ in range(TRIES):
        if code_of(await probe.ask(events.Message(chat, "audit"))) == "chat_over":
            return True
        await asyncio.sleep(BETWEEN_TRIES_S)
    return False


async def token(stage: Stage) -> Verdict:
    """The check `token`: the resume token of a visitor that has gone takes nobody's place."""
    gone = await stage.probe()
    await gone.leave()
    fresh = await stage.probe(gone.welcome.resume)
    await fresh.leave()
    if fresh.welcome.resumed is not None or fresh.welcome.resume == gone.welcome.resume:
        return failed("token_lives")
    return passed("token_dead")


async def search(stage: Stage) -> Verdict:
    """The check `search`: a visitor that left while it was searching meets nobody.

    Two others search for the same after it has gone. Each of them must meet the other.
    """
    topic = new_topic()
    gone = await stage.probe()
    await look(gone, topic)
    await gone.leave()
    one, other = await stage.probe(), await stage.probe()
    await look(one, topic)
    await look(other, topic)
    ours = await one.hears(events.Matched)
    is_found = not await has_met(other, ours.args.chat)
    for probe in (one, other):
        await probe.leave()
    return failed("found") if is_found else passed("not_found")


async def has_met(probe: Probe, chat: str) -> bool:
    """Whether the probe is in that chat. Its `matched` may come a moment after its partner's. Raises NotChecked."""
    for _ in range(TRIES):
        await round_trip(probe)
        if probe.has_heard(events.Matched):
            return (await probe.hears(events.Matched)).args.chat == chat
        await asyncio.sleep(BETWEEN_TRIES_S)
    return False
