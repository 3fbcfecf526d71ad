"""The way that calls go, as browsers tell it, and what pages say to each other about addresses before they seal it."""

import re
from functools import partial
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.people import Person
from tests.until import until

GUARD_S = 90.0  # a call through a relay, with two browsers on a busy machine
ENDS = """
(() => {
  const Real = window.RTCPeerConnection, calls = [];
  window.RTCPeerConnection = class extends Real {
    constructor(...args) { super(...args); calls.push(this); }
  };
  window.ends = async () => {
    for (const call of calls.filter((each) => each.connectionState === "connected")) {
      const rows = new Map(await call.getStats()), all = [...rows.values()];
      const named = all.find((row) => row.type === "transport" && row.selectedCandidatePairId);
      const pair = named ? rows.get(named.selectedCandidatePairId) : all.find((row) => row.selected);
      if (pair) return [rows.get(pair.localCandidateId).candidateType, rows.get(pair.remoteCandidateId).candidateType];
    }
    return null;
  };
  const said = [], sealing = SubtleCrypto.prototype.encrypt;
  SubtleCrypto.prototype.encrypt = function (how, key, data) {
    said.push(new TextDecoder().decode(data));
    return sealing.call(this, how, key, data);
  };
  window.saidInClear = () => said;
})();
"""
# A network that lets nothing through but a relay, though the page may go any way.
RELAY_ALONE = """
(() => {
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(how) { super({ ...how, iceTransportPolicy: "relay" }); }
  };
})();
"""
# Keeps the calls of the page, and lets a test end each try, which has ten seconds, at once.
HURRY = """
(() => {
  const Real = window.RTCPeerConnection, later = setTimeout, drop = clearTimeout, tries = new Map(), calls = [];
  window.RTCPeerConnection = class extends Real { constructor(...args) { super(...args); calls.push(this); } };
  window.setTimeout = (act, ms, ...more) => {
    const id = later(act, ms, ...more);
    if (ms === 10_000) tries.set(id, act);
    return id;
  };
  window.clearTimeout = (id) => { tries.delete(id); drop(id); };
  window.hasHeard = () => Boolean(calls.at(-1)?.remoteDescription);
  window.endTry = () => [...tries].forEach(([id, act]) => { clearTimeout(id); act(); });
})();
"""
DIRECT = "Direct: they can see your network address"
RELAYED = "Through the relay: they can’t see your network address"
TOLD = "Through the relay, but they were told your network address while connecting"


async def watch_ways(page: Page, *more: str) -> None:
    """Before the page is opened."""
    for script in (ENDS, *more):
        await page.add_init_script(script)


async def ends(person: Person) -> tuple[str, str] | None:
    """The types of the chosen pair: our candidate's and the partner's. None: no call is connected."""
    found: Any = await person.page.evaluate("ends()")
    return (found[0], found[1]) if found else None


async def types_said(person: Person) -> set[str]:
    """Of every candidate that the page has told the partner, alone or in a description."""
    said: list[str] = await person.page.evaluate("saidInClear()")
    return {kind for text in said for kind in re.findall(r"typ (\w+)", text)}


async def addresses_said(person: Person) -> set[str]:
    """Every address in them: a candidate's own, and the one that it is related to."""
    said: list[str] = await person.page.evaluate("saidInClear()")
    own = {each for text in said for each in re.findall(r"candidate:\S+ \d+ \w+ \d+ (\S+) \d+ typ", text)}
    return own | {each for text in said for each in re.findall(r" raddr (\S+)", text)}


def end(kind: str) -> str:
    return "relay" if kind == "relay" else "direct"


async def agrees(person: Person, partner: Person) -> bool:
    """Whether the page says the way that both browsers have chosen, now."""
    ours, theirs = await ends(person), await ends(partner)
    if ours is None or theirs is None or not await person.part("route").count():
        return False
    shown = [await person.part("route").get_attribute(name) for name in ("data-mine", "data-theirs")]
    return shown == [end(ours[0]), end(ours[1])] == [end(theirs[1]), end(theirs[0])]


async def says_the_way(person: Person, partner: Person, word: str) -> None:
    """The page says it in these words, and both browsers have chosen that way."""
    await until(partial(agrees, person, partner), "what the page says is the way of both browsers", GUARD_S)
    await expect(person.part("route")).to_have_text(word)


async def hurry(page: Page) -> None:
    """Before the page is opened."""
    await page.add_init_script(HURRY)


async def has_heard(person: Person) -> bool:
    """The partner's call, that is: then no try ends because of its silence."""
    return bool(await person.page.evaluate("hasHeard()"))


async def end_try(person: Person) -> None:
    """The try to connect that goes on has had its ten seconds."""
    await person.page.evaluate("endTry()")
