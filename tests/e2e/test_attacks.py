"""What a lying relay can try on two pages, and what an honest one has mishaps with, in real browsers.

Every attack ends in its own fault, in plain words; nothing of it is ever shown; the partner hears that the other has
left; and the page finds the next partner.
"""

import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from omefree.seal.binary import decode_base64url, encode_base64url
from omefree.seal.content import Candidate, Content, Description, Text, encode_content
from omefree.seal.frame import HELLO, MESSAGE, RECEIPT, SIGNAL, Frame
from omefree.seal.handshake import ENTROPY_BYTES, make_offer
from tests.e2e.people import GUARD_S, Link, Person, Street, until
from tests.e2e.relay import Datum, Hook, Middle, Wire, datum

FORGED = "the relay wrote this"
DESCRIPTION_CHARS = 2_000  # sealed, a description is longer than that; a candidate is not
LEFT = "The stranger has left."
WORDS = {
    "seal_failed": "couldn’t be sealed, so it ended before a word was said",
    "seal_broken": "Something came that the other person’s browser can’t have sealed",
    "seal_gap": "Part of this chat never arrived",
    "seal_media": "The call isn’t the one that the other person’s browser sealed",
    "seal_differs": "The emoji differ, so somebody stands between you two",
}

# Remembers every text of a partner that was ever on the screen.
WATCH_TEXTS = """
(() => {
  const seen = [];
  const look = () => {
    for (const { textContent } of document.querySelectorAll(".text:not(.mine) [data-testid=text]"))
      if (!seen.includes(textContent)) seen.push(textContent);
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
  window.everRead = () => seen;
})();
"""
# Remembers how far each call of the page got.
WATCH_STATES = """
(() => {
  const Real = window.RTCPeerConnection, states = [];
  window.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      this.addEventListener("connectionstatechange", () => states.push(this.connectionState));
    }
  };
  window.callStates = () => states;
})();
"""

Attack = Callable[[Wire, Wire], None]


class Tapped(NamedTuple):
    """Somebody whose link the relay holds."""

    person: Person
    wire: Wire


async def comes(street: Street, browser: Browser, url: str | None = None) -> Tapped:
    wire = Wire()

    async def before(page: Page) -> None:
        await page.clock.install()
        await page.add_init_script(WATCH_TEXTS + WATCH_STATES)
        await wire.tap(page)

    return Tapped(await street.comes(browser, url, before=before), wire)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def cast(url: str, browsers: tuple[Browser, Browser, Browser]) -> AsyncIterator[list[Tapped]]:
    street = Street(url)
    yield [await comes(street, browsers[2]) for _ in range(3)]
    await street.close()


@pytest_asyncio.fixture(loop_scope="session")
async def three(cast: list[Tapped]) -> list[Tapped]:
    """Three strangers: the same tabs for all tests of text chats, but each time the page is opened anew."""
    for person, wire in cast:
        wire.honest()
        wire.heard.clear()
        await person.page.reload()
    return cast


async def met(mode: str, *people: Person) -> None:
    for person in people:
        await person.start(mode)
    for person in people:
        await person.meets()


async def is_sealed(*people: Person) -> None:
    for person in people:
        await expect(person.part("lock")).to_have_attribute("data-seal", "sealed", timeout=GUARD_S * 1000)


async def has_ended(person: Person, *reasons: str) -> None:
    """With one of the reasons."""
    ends = ", ".join(f"main[data-ended={reason}]" for reason in reasons)
    await expect(person.page.locator(ends)).to_be_visible(timeout=GUARD_S * 1000)


async def is_told(person: Person, fault: str) -> None:
    await has_ended(person, fault)
    await person.sees("partner-banner", WORDS[fault])


async def has_left(person: Person) -> None:
    """The other, as this person sees it."""
    await has_ended(person, "left")
    await person.sees("partner-banner", LEFT)


async def read(person: Person) -> list[str]:
    """The partner's texts that are on the screen."""
    return await person.page.locator(".text:not(.mine) [data-testid=text]").all_inner_texts()


async def ever_read(person: Person) -> list[str]:
    found: list[str] = await person.page.evaluate("everRead()")
    return found


async def emoji_of(person: Person) -> list[str]:
    """As the lock's dialog names them; the dialog stays open."""
    await person.part("lock").click()
    await expect(person.page.locator("[data-testid=emoji] b")).to_have_count(4)
    return await person.page.locator("[data-testid=emoji] b").all_inner_texts()


async def meets_the_next(victim: Tapped, next_one: Person, mode: str = "text") -> None:
    """The relay lies no more, and the page is as good as new."""
    person, wire = victim
    wire.honest()
    await person.part("next").click()
    await met(mode, next_one)
    await person.is_on("chat")
    await is_sealed(person, next_one)
    await next_one.say("hello, stranger")
    await person.reads("hello, stranger")
    await person.say("hello")
    await next_one.reads("hello")


# --- what a relay can do to a datum ---------------------------------------------------------------------------------


def to(kind: int, change: Callable[[Datum], Iterable[Datum]]) -> Hook:
    """Does it to the data of one kind, and lets all else pass."""
    return lambda said: change(said) if said.frame.kind == kind else [said]


def flip(said: Datum) -> Iterable[Datum]:
    raw = bytearray(decode_base64url(said.data))
    raw[-1] ^= 1
    return [Datum(said.event, encode_base64url(bytes(raw)))]


def truncate(said: Datum) -> Iterable[Datum]:
    return [Datum(said.event, said.data[:-4])]


def swallow(_: Datum) -> Iterable[Datum]:
    return []


def instead(*forged: Datum) -> Callable[[Datum], Iterable[Datum]]:
    return lambda _: forged


def garbage(length: int) -> Datum:
    return Datum("message", secrets.token_urlsafe(length)[:length])


def another_hello() -> Datum:
    return datum(Frame(HELLO, 0, make_offer(secrets.token_bytes(ENTROPY_BYTES)).hello))


def clear_text(event: str = "message") -> Datum:
    return Datum(event, json.dumps({"v": 1, "kind": "text", "text": FORGED}))


# --- before it is sealed --------------------------------------------------------------------------------------------


def opens_another_commitment(ana: Wire, ben: Wire) -> None:
    """A man in the middle who has looked at both hellos before he made his own."""
    Middle(ana, ben)
    ana.matched = ben.matched = dict


def tells_of_another_commitment(ana: Wire, _: Wire) -> None:
    commit = make_offer(secrets.token_bytes(ENTROPY_BYTES)).commit
    ana.matched = lambda met: {**met, "seal": {"v": 1, "commit": commit}}


def tells_of_no_commitment(ana: Wire, _: Wire) -> None:
    ana.matched = lambda met: {**met, "seal": None}


def tells_of_another_version(ana: Wire, _: Wire) -> None:
    ana.matched = lambda met: {**met, "seal": {**met["seal"], "v": 2}}


def tells_both_that_they_are_polite(ana: Wire, ben: Wire) -> None:
    for wire in (ana, ben):
        wire.matched = lambda met: {**met, "polite": True}


def reflects_the_hello(ana: Wire, ben: Wire) -> None:
    """Ana hears herself, and nobody else."""

    def back(said: Datum) -> Iterable[Datum]:
        ana.inject(said)
        return [said]

    ana.matched = lambda met: {**met, "seal": {"v": 1, "commit": ana.commit}}
    ana.down, ben.down = swallow, to(HELLO, back)


def restarts_with_another_hello(ana: Wire, _: Wire) -> None:
    ana.down = to(HELLO, lambda said: [said, another_hello()])


def flips_a_bit_of_the_hello(ana: Wire, _: Wire) -> None:
    ana.down = to(HELLO, flip)


def flips_a_bit_of_ready(ana: Wire, _: Wire) -> None:
    ana.down = to(SIGNAL, flip)


def truncates_ready(ana: Wire, _: Wire) -> None:
    ana.down = to(SIGNAL, truncate)


def writes_unsealed(ana: Wire, _: Wire) -> None:
    ana.down = to(HELLO, lambda said: [clear_text(), said])


def writes_unsealed_before_ready(ana: Wire, _: Wire) -> None:
    ana.down = to(SIGNAL, lambda said: [clear_text("signal"), said])


def writes_garbage(length: int, before: int) -> Attack:
    def attack(ana: Wire, _: Wire) -> None:
        ana.down = to(before, lambda said: [garbage(length), said])

    attack.__name__ = f"writes_{length}_bytes_of_garbage_before_{'hello' if before == HELLO else 'ready'}"
    return attack


HANDSHAKE: list[Attack] = [
    opens_another_commitment,
    tells_of_another_commitment,
    tells_of_no_commitment,
    tells_of_another_version,
    tells_both_that_they_are_polite,
    reflects_the_hello,
    restarts_with_another_hello,
    flips_a_bit_of_the_hello,
    flips_a_bit_of_ready,
    truncates_ready,
    writes_unsealed,
    writes_unsealed_before_ready,
    writes_garbage(0, HELLO),
    writes_garbage(16, HELLO),
    writes_garbage(1_000, SIGNAL),
]

LIES_TO_BOTH = (opens_another_commitment, tells_both_that_they_are_polite)  # Ben may be the first to see it


@pytest.mark.parametrize("attack", HANDSHAKE, ids=lambda attack: attack.__name__)
async def test_a_chat_that_cannot_be_sealed_does_not_begin(attack: Attack, three: list[Tapped]) -> None:
    (ana, to_ana), (ben, to_ben), (cleo, _) = three
    attack(to_ana, to_ben)
    await met("text", ana, ben)
    await is_told(ana, "seal_failed")
    await has_ended(ben, "left", *(["seal_failed"] if attack in LIES_TO_BOTH else []))
    assert await ever_read(ana) == await ever_read(ben) == []
    await meets_the_next(three[0], cleo)


async def test_a_handshake_that_never_ends_is_given_up(three: list[Tapped]) -> None:
    (ana, to_ana), (ben, _), (cleo, _) = three
    to_ana.down = swallow
    await met("text", ana, ben)
    await ana.page.clock.run_for(9_000)
    await expect(ana.page.locator("main[data-ended]")).to_have_count(0)
    await ana.page.clock.run_for(2_000)
    await is_told(ana, "seal_failed")
    await has_left(ben)
    await meets_the_next(three[0], cleo)


# --- once it is sealed ----------------------------------------------------------------------------------------------


def flips_a_bit(ana: Wire, _: Wire) -> None:
    ana.down = to(MESSAGE, flip)


def forges_a_receipt(ana: Wire, _: Wire) -> None:
    """A real one under a new number."""

    def forged(_: Datum) -> Iterable[Datum]:
        real = next(said.frame for said in ana.heard if said.frame.kind == RECEIPT)
        return [datum(Frame(RECEIPT, 1_000, real.body))]

    ana.down = to(MESSAGE, forged)


def truncates(ana: Wire, _: Wire) -> None:
    ana.down = to(MESSAGE, truncate)


def renumbers(ana: Wire, _: Wire) -> None:
    ana.down = to(MESSAGE, lambda said: [datum(Frame(MESSAGE, said.frame.n + 1, said.frame.body))])


def puts_a_text_into_another_lane(ana: Wire, _: Wire) -> None:
    """Where its number is the next one, too."""
    ana.down = to(MESSAGE, lambda said: [datum(Frame(SIGNAL, said.frame.n, said.frame.body))])


def puts_a_text_into_another_event(ana: Wire, _: Wire) -> None:
    ana.down = to(MESSAGE, lambda said: [Datum("signal", said.data)])


def writes_a_text_unsealed(ana: Wire, _: Wire) -> None:
    ana.down = to(MESSAGE, instead(clear_text()))


def writes_a_signal_unsealed(ana: Wire, _: Wire) -> None:
    ana.down = to(MESSAGE, instead(clear_text("signal")))


def writes_a_frame_unsealed(ana: Wire, _: Wire) -> None:
    """Of the right form, but what it holds is not sealed."""
    text = encode_content(Text(FORGED))
    ana.down = to(MESSAGE, lambda said: [datum(Frame(MESSAGE, said.frame.n, text))])


def restarts_the_handshake(ana: Wire, _: Wire) -> None:
    ana.down = to(MESSAGE, instead(another_hello()))


def introduces_them_again(ana: Wire, _: Wire) -> None:
    """The same chat with another partner."""
    offer = make_offer(secrets.token_bytes(ENTROPY_BYTES))

    def again(_: Datum) -> Iterable[Datum]:
        ana.tell("matched", {**ana.met, "seal": {"v": 1, "commit": offer.commit}})
        return [datum(Frame(HELLO, 0, offer.hello))]

    ana.down = to(MESSAGE, again)


def reflects(ana: Wire, ben: Wire) -> None:
    """Ana hears her own text of that number."""
    ana.down = to(
        MESSAGE, lambda said: [own for own in ben.heard if own.frame.kind == MESSAGE and own.frame.n == said.frame.n]
    )


def writes_garbage_in_a_chat(length: int) -> Attack:
    def attack(ana: Wire, _: Wire) -> None:
        ana.down = to(MESSAGE, instead(garbage(length)))

    attack.__name__ = f"writes_{length}_bytes_of_garbage"
    return attack


BREAKING: list[Attack] = [
    flips_a_bit,
    forges_a_receipt,
    truncates,
    renumbers,
    puts_a_text_into_another_lane,
    puts_a_text_into_another_event,
    writes_a_text_unsealed,
    writes_a_signal_unsealed,
    writes_a_frame_unsealed,
    restarts_the_handshake,
    introduces_them_again,
    reflects,
    writes_garbage_in_a_chat(0),
    writes_garbage_in_a_chat(1_000),
]


async def sealed_text(ana: Person, ben: Person) -> None:
    """The two have met; Ben has said a word, and Ana two."""
    await met("text", ana, ben)
    await ben.say("before")
    await ana.reads("before")
    await ana.say("mine")
    await ana.say("mine, too")
    await expect(delivered(ana)).to_have_count(2, timeout=GUARD_S * 1000)


@pytest.mark.parametrize("attack", BREAKING, ids=lambda attack: attack.__name__)
async def test_a_broken_seal_ends_the_chat(attack: Attack, three: list[Tapped]) -> None:
    (ana, to_ana), (ben, to_ben), (cleo, _) = three
    await sealed_text(ana, ben)
    attack(to_ana, to_ben)
    await ben.say("never shown")
    await is_told(ana, "seal_broken")
    await has_left(ben)
    assert await ever_read(ana) == ["before"]
    await meets_the_next(three[0], cleo)


async def test_what_was_said_in_another_chat_is_not_taken(three: list[Tapped]) -> None:
    (ana, to_ana), (ben, _), (cleo, _) = three
    await sealed_text(ana, ben)
    said = next(said for said in to_ana.heard if said.event == "message")
    first_chat = to_ana.met["chat"]
    await ana.part("next").click()
    await met("text", cleo)
    await is_sealed(ana, cleo)
    to_ana.tell("message", first_chat, said.data)  # late: not for this chat, and no fault of it
    await ana.say("hello")
    await cleo.reads("hello")
    to_ana.inject(said)
    await is_told(ana, "seal_broken")
    await has_left(cleo)
    assert await ever_read(ana) == ["before"]
    await ben.page.reload()
    await meets_the_next(three[0], ben)


# --- what is mended -------------------------------------------------------------------------------------------------


def replays(ana: Wire, _: Wire) -> None:
    """Each datum three times, and all that ever was said with each."""
    ana.down = lambda said: [said, said, *ana.heard]


def reorders(ana: Wire, _: Wire) -> None:
    """The first text comes after the third."""
    held: list[Datum] = []

    def third_first(said: Datum) -> Iterable[Datum]:
        held.append(said)
        return held[::-1] if len(held) == 3 else [] if len(held) < 3 else [said]

    ana.down = to(MESSAGE, third_first)


def drops_one(ana: Wire, _: Wire) -> None:
    dropped: list[Datum] = []

    def first_time(said: Datum) -> Iterable[Datum]:
        dropped.append(said)
        return [] if len(dropped) == 1 else [said]

    ana.down = to(MESSAGE, first_time)


@pytest.mark.parametrize("attack", [replays, reorders, drops_one], ids=lambda attack: attack.__name__)
async def test_what_can_be_mended_is_mended(attack: Attack, three: list[Tapped]) -> None:
    (ana, to_ana), (ben, to_ben), _ = three
    await sealed_text(ana, ben)
    attack(to_ana, to_ben)
    for text in ("one", "two", "three"):
        await ben.say(text)
    await expect(delivered(ben)).to_have_count(4, timeout=GUARD_S * 1000)
    assert await read(ana) == await ever_read(ana) == ["before", "one", "two", "three"]
    await ana.say("all is well")
    await ben.reads("all is well")
    await expect(ana.page.locator("main[data-ended]")).to_have_count(0)


def delivered(person: Person) -> Locator:
    """The person's own texts that the partner's receipt covers."""
    return person.page.locator(".mine[data-state=delivered]")


async def test_what_nobody_got_is_sent_again(three: list[Tapped]) -> None:
    """The first copy of each text is lost, so nothing tells the receiver that there is something to ask for."""
    (ana, to_ana), (ben, _), _ = three
    await sealed_text(ana, ben)
    lost: set[Datum] = set()
    to_ana.down = to(MESSAGE, lambda said: [said] if said in lost else lost.add(said) or [])  # type: ignore[func-returns-value]
    await ben.say("one")
    await ben.say("two")
    await until(lambda: heard(to_ana, 2), "both have been lost")
    await ben.page.clock.run_for(4_000)
    await expect(delivered(ben)).to_have_count(3, timeout=GUARD_S * 1000)
    assert await read(ana) == await ever_read(ana) == ["before", "one", "two"]


async def test_what_never_comes_ends_the_chat(three: list[Tapped]) -> None:
    (ana, to_ana), (ben, _), (cleo, _) = three
    await sealed_text(ana, ben)
    to_ana.down = to(MESSAGE, lambda said: [] if said.frame.n == 1 else [said])
    await ben.say("dropped")
    await ben.say("held back")
    await until(lambda: heard(to_ana, 2), "the text behind the one that is missing")
    await ana.page.clock.run_for(9_000)
    await expect(ana.page.locator("main[data-ended]")).to_have_count(0)
    await ana.page.clock.run_for(2_000)
    await is_told(ana, "seal_gap")
    await has_left(ben)
    assert await ever_read(ana) == ["before"]
    await meets_the_next(three[0], cleo)


async def heard(wire: Wire, n: int) -> bool:
    return any((said.frame.kind, said.frame.n) == (MESSAGE, n) for said in wire.heard)


# --- the man in the middle ------------------------------------------------------------------------------------------


async def test_an_honest_relay_shows_the_same_emoji(three: list[Tapped]) -> None:
    (ana, _), (ben, _), _ = three
    await sealed_text(ana, ben)
    assert await emoji_of(ana) == await emoji_of(ben)


async def test_a_man_in_the_middle_reads_and_the_emoji_differ(three: list[Tapped]) -> None:
    (ana, to_ana), (ben, to_ben), _ = three
    overheard: list[Content] = []
    Middle(to_ana, to_ben, lambda content: overheard.append(content) or content)  # type: ignore[func-returns-value]
    await met("text", ana, ben)
    await ben.say("psst")
    await ana.reads("psst")
    assert Text("psst") in overheard
    assert await emoji_of(ana) != await emoji_of(ben)
    await expect(ana.part("seal-differs")).to_have_count(0)  # in a text chat there is no channel to compare over


async def test_who_sees_that_the_emoji_differ_ends_the_chat(street: Street, red: Browser, blue: Browser) -> None:
    (ana, to_ana), (ben, to_ben) = await comes(street, red), await comes(street, blue)
    Middle(to_ana, to_ben)
    await met("video", ana, ben)
    for person in (ana, ben):
        await is_connected(person)
    assert await emoji_of(ana) != await emoji_of(ben)
    await ana.part("seal-differs").click()
    await is_told(ana, "seal_differs")
    await has_left(ben)
    assert await ana.page.evaluate("openCalls()") == 0
    await meets_the_next(Tapped(ana, to_ana), await street.comes(blue), "video")


async def is_connected(person: Person) -> None:
    await expect(person.page.locator("[data-call=connected]")).to_be_visible(timeout=GUARD_S * 1000)


# --- calls ----------------------------------------------------------------------------------------------------------


def with_fingerprint(sdp: str, *fingerprints: str) -> str:
    """Each of the description's is replaced by these."""
    lines = "".join(f"a=fingerprint:sha-256 {each}\r\n" for each in fingerprints)
    return re.sub(r"a=fingerprint:.*\r\n", lines, sdp)


def a_fingerprint() -> str:
    return secrets.token_bytes(32).hex(":").upper()


def with_two(content: Content) -> Content:
    if isinstance(content, Description):
        return Description(content.type, with_fingerprint(content.sdp, a_fingerprint(), a_fingerprint()))
    return content


def with_none(content: Content) -> Content:
    return Description(content.type, with_fingerprint(content.sdp)) if isinstance(content, Description) else content


def with_another() -> Callable[[Content], Content]:
    """The same in each description."""
    other = a_fingerprint()

    def edit(content: Content) -> Content:
        if isinstance(content, Description):
            return Description(content.type, with_fingerprint(content.sdp, other))
        return content

    return edit


def with_another_later() -> Callable[[Content], Content]:
    """A candidate becomes a second description, of somebody else's certificate."""
    first: list[Description] = []

    def edit(content: Content) -> Content:
        if isinstance(content, Description):
            first.append(content)
        return with_another()(first[0]) if isinstance(content, Candidate) and first else content

    return edit


@pytest.mark.parametrize("edit", [with_two, with_none, with_another_later()], ids=["two", "none", "another later"])
async def test_a_description_of_another_connection_ends_the_chat(
    edit: Callable[[Content], Content], street: Street, red: Browser, blue: Browser
) -> None:
    (ana, to_ana), (ben, to_ben) = await comes(street, red), await comes(street, blue)
    Middle(to_ana, to_ben, edit)
    await met("video", ana, ben)
    await is_told(ana, "seal_media")
    await has_left(ben)
    assert await ana.page.evaluate("openCalls()") == 0
    await meets_the_next(Tapped(ana, to_ana), await street.comes(blue), "video")


async def test_a_call_with_another_certificate_never_connects(street: Street, red: Browser, blue: Browser) -> None:
    (ana, to_ana), (ben, to_ben) = await comes(street, red), await comes(street, blue)
    Middle(to_ana, to_ben, with_another())
    await met("video", ana, ben)
    await until(partial(call_failed, ana), "the browser refuses the certificate")
    assert "connected" not in await ana.page.evaluate("callStates()")
    for person in (ana, ben):
        assert await person.frames() == 0
    assert await emoji_of(ana) != await emoji_of(ben)


async def call_failed(person: Person) -> bool:
    return "failed" in await person.page.evaluate("callStates()")


async def test_a_flipped_bit_in_a_description_ends_the_chat(street: Street, red: Browser, blue: Browser) -> None:
    (ana, to_ana), (ben, _) = await comes(street, red), await comes(street, blue)
    to_ana.down = lambda said: flip(said) if len(said.data) > DESCRIPTION_CHARS else [said]
    await met("video", ana, ben)
    await is_told(ana, "seal_broken")
    await has_left(ben)
    assert "connected" not in await ana.page.evaluate("callStates()")
    await meets_the_next(Tapped(ana, to_ana), await street.comes(blue), "video")


# --- honest mishaps -------------------------------------------------------------------------------------------------


async def test_a_refused_text_and_then_a_signal(street: Street, red: Browser, blue: Browser) -> None:
    (ana, of_ana), (ben, _) = await comes(street, red), await comes(street, blue)
    await met("video", ana, ben)
    await is_connected(ana)
    refusals = iter([{"ok": False, "code": "rate_limited", "message": "", "retry_after_s": 1}])
    of_ana.refuses = lambda said: next(refusals, None) if said.event == "message" else None
    await ana.say("once")
    await ana.part("mic").click()
    await ben.sees("partner-muted")
    await ana.say("and again")
    await expect(delivered(ana)).to_have_count(2, timeout=GUARD_S * 1000)
    assert await read(ben) == await ever_read(ben) == ["once", "and again"]
    await has_survived(ana, ben)


async def has_survived(*people: Person) -> None:
    """The one call that was made."""
    for person in people:
        await expect(person.page.locator("main[data-ended]")).to_have_count(0)
        assert await person.page.evaluate("callStates()") == ["connecting", "connected"]
        assert await person.page.evaluate("openCalls()") == 1
        before = await person.frames()
        await until(partial(has_more, person, before), "the picture moves on")


async def has_more(person: Person, frames: int) -> bool:
    return await person.frames() > frames


@pytest.mark.parametrize("event", ["message", "signal"])
async def test_lost_acknowledgements(event: str, three: list[Tapped]) -> None:
    (ana, of_ana), (ben, _), _ = three
    of_ana.unanswered = lambda said: said.event == event
    await met("text", ana, ben)
    for text in ("one", "two"):
        await ana.say(text)
    await expect(delivered(ana)).to_have_count(2, timeout=GUARD_S * 1000)
    await ben.say("three")
    await ana.reads("three")
    assert await read(ben) == await ever_read(ben) == ["one", "two"]


async def test_both_away_at_once_in_a_call(street: Street, red: Browser, blue: Browser) -> None:
    """With texts under way both ways; the call does not even notice."""
    link = Link(urlsplit(street.url).port or 0)
    url = f"http://localhost:{await link.open()}"
    (ana, of_ana), (ben, of_ben) = await comes(street, red, url), await comes(street, blue, url)
    await met("video", ana, ben)
    for person in (ana, ben):
        await is_connected(person)
    for number in range(4):
        for person in (ana, ben):
            await person.say(f"text {number}")
        if number == 1:
            link.cut()
    link.heal()
    texts = [f"text {number}" for number in range(4)]
    for person in (ana, ben):
        await expect(delivered(person)).to_have_count(4, timeout=GUARD_S * 1000)
        assert await read(person) == await ever_read(person) == texts
    assert (of_ana.links, of_ben.links) > (1, 1)
    await has_survived(ana, ben)
    await link.close()


async def test_both_away_at_once_before_it_is_sealed(street: Street, blind: Browser) -> None:
    link = Link(urlsplit(street.url).port or 0)
    url = f"http://localhost:{await link.open()}"
    (ana, of_ana), (ben, _) = await comes(street, blind, url), await comes(street, blind, url)

    def cut(met: dict[str, object]) -> dict[str, object]:
        link.cut()
        return met

    of_ana.matched = cut
    await met("text", ana, ben)
    await ana.say("written too early")
    of_ana.honest()
    link.heal()
    await is_sealed(ana, ben)
    await ben.reads("written too early")
    assert of_ana.links > 1
    await link.close()
