"""What a lying relay can try on two pages, in real browsers.

Every attack ends in its own fault, in plain words; nothing of it is ever shown; the partner hears that the other has
left; and the page finds the next partner.
"""

import json
import secrets
from collections.abc import Callable, Iterable

import pytest
from playwright.async_api import expect

from omefree.seal.content import Content, Text, encode_content
from omefree.seal.frame import HELLO, MESSAGE, RECEIPT, SIGNAL, Frame
from omefree.seal.handshake import ENTROPY_BYTES, make_offer
from tests.e2e.people import GUARD_S
from tests.e2e.relay import Datum, Middle, Relay, datum, flip, instead, swallow, to, truncate
from tests.e2e.victims import (
    Tapped,
    delivered,
    ever_read,
    has_ended,
    has_left,
    is_sealed,
    is_told,
    meets_the_next,
    met,
    names_of_emoji,
    read,
    sealed_text,
)
from tests.rows import first
from tests.until import until

FORGED = "the relay wrote this"
Attack = Callable[[Relay, Relay], None]


def garbage(length: int) -> Datum:
    return Datum("message", secrets.token_urlsafe(length)[:length])


def another_hello() -> Datum:
    return datum(Frame(HELLO, 0, make_offer(secrets.token_bytes(ENTROPY_BYTES)).hello))


def clear_text(event: str = "message") -> Datum:
    return Datum(event, json.dumps({"v": 1, "kind": "text", "text": FORGED}))


# --- before it is sealed --------------------------------------------------------------------------------------------


def opens_another_commitment(ana: Relay, ben: Relay) -> None:
    """A man in the middle who has looked at both hellos before he made his own."""
    Middle(ana, ben)
    ana.matched = ben.matched = dict


def tells_of_another_commitment(ana: Relay, _: Relay) -> None:
    commit = make_offer(secrets.token_bytes(ENTROPY_BYTES)).commit
    ana.matched = lambda met: {**met, "seal": {"v": 1, "commit": commit}}


def tells_of_no_commitment(ana: Relay, _: Relay) -> None:
    ana.matched = lambda met: {**met, "seal": None}


def tells_of_another_version(ana: Relay, _: Relay) -> None:
    ana.matched = lambda met: {**met, "seal": {**met["seal"], "v": 2}}


def makes_a_call_of_it(ana: Relay, ben: Relay) -> None:
    """A call shows one's address; these two wanted to write."""
    for relay in (ana, ben):
        relay.matched = lambda met: {**met, "mode": "video"}


def tells_both_that_they_are_polite(ana: Relay, ben: Relay) -> None:
    for relay in (ana, ben):
        relay.matched = lambda met: {**met, "polite": True}


def reflects_the_hello(ana: Relay, ben: Relay) -> None:
    """Ana hears herself, and nobody else."""

    def back(said: Datum) -> Iterable[Datum]:
        ana.inject(said)
        return [said]

    ana.matched = lambda met: {**met, "seal": {"v": 1, "commit": ana.commit}}
    ana.down, ben.down = swallow, to(HELLO, back)


def restarts_with_another_hello(ana: Relay, _: Relay) -> None:
    ana.down = to(HELLO, lambda said: [said, another_hello()])


def flips_a_bit_of_the_hello(ana: Relay, _: Relay) -> None:
    ana.down = to(HELLO, flip)


def flips_a_bit_of_ready(ana: Relay, _: Relay) -> None:
    ana.down = to(SIGNAL, flip)


def truncates_ready(ana: Relay, _: Relay) -> None:
    ana.down = to(SIGNAL, truncate)


def writes_unsealed(ana: Relay, _: Relay) -> None:
    ana.down = to(HELLO, lambda said: [clear_text(), said])


def writes_unsealed_before_ready(ana: Relay, _: Relay) -> None:
    ana.down = to(SIGNAL, lambda said: [clear_text("signal"), said])


def writes_garbage(length: int, before: int) -> Attack:
    def attack(ana: Relay, _: Relay) -> None:
        ana.down = to(before, lambda said: [garbage(length), said])

    attack.__name__ = f"writes_{length}_bytes_of_garbage_before_{'hello' if before == HELLO else 'ready'}"
    return attack


HANDSHAKE: list[Attack] = [
    opens_another_commitment,
    tells_of_no_commitment,
    makes_a_call_of_it,
    tells_both_that_they_are_polite,
    reflects_the_hello,
    flips_a_bit_of_ready,
    writes_unsealed,
    writes_garbage(1_000, SIGNAL),
    tells_of_another_commitment,
    tells_of_another_version,
    restarts_with_another_hello,
    flips_a_bit_of_the_hello,
    truncates_ready,
    writes_unsealed_before_ready,
    writes_garbage(0, HELLO),
    writes_garbage(16, HELLO),
]

LIES_TO_BOTH = (
    opens_another_commitment,
    makes_a_call_of_it,
    tells_both_that_they_are_polite,
)  # Ben may be the first to see it


@pytest.mark.parametrize("attack", first(8, HANDSHAKE), ids=lambda attack: attack.__name__)
async def test_a_chat_that_cannot_be_sealed_does_not_begin(attack: Attack, three: list[Tapped]) -> None:
    (ana, to_ana), (ben, to_ben), (cleo, _) = three
    attack(to_ana, to_ben)
    await met("text", ana, ben)
    await is_told(ana, "seal_failed")
    await has_ended(ben, "left", *(["seal_failed"] if attack in LIES_TO_BOTH else []))
    assert await ever_read(ana) == await ever_read(ben) == []
    assert await ana.page.evaluate("callStates()") == await ben.page.evaluate("callStates()") == []
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


def flips_a_bit(ana: Relay, _: Relay) -> None:
    ana.down = to(MESSAGE, flip)


def forges_a_receipt(ana: Relay, _: Relay) -> None:
    """A real one under a new number."""

    def forged(_: Datum) -> Iterable[Datum]:
        real = next(said.frame for said in ana.heard if said.frame.kind == RECEIPT)
        return [datum(Frame(RECEIPT, 1_000, real.body))]

    ana.down = to(MESSAGE, forged)


def truncates(ana: Relay, _: Relay) -> None:
    ana.down = to(MESSAGE, truncate)


def renumbers(ana: Relay, _: Relay) -> None:
    ana.down = to(MESSAGE, lambda said: [datum(Frame(MESSAGE, said.frame.n + 1, said.frame.body))])


def puts_a_text_into_another_lane(ana: Relay, _: Relay) -> None:
    """Where its number is the next one, too."""
    ana.down = to(MESSAGE, lambda said: [datum(Frame(SIGNAL, said.frame.n, said.frame.body))])


def puts_a_text_into_another_event(ana: Relay, _: Relay) -> None:
    ana.down = to(MESSAGE, lambda said: [Datum("signal", said.data)])


def writes_a_text_unsealed(ana: Relay, _: Relay) -> None:
    ana.down = to(MESSAGE, instead(clear_text()))


def writes_a_signal_unsealed(ana: Relay, _: Relay) -> None:
    ana.down = to(MESSAGE, instead(clear_text("signal")))


def writes_a_frame_unsealed(ana: Relay, _: Relay) -> None:
    """Of the right form, but what it holds is not sealed."""
    text = encode_content(Text(FORGED))
    ana.down = to(MESSAGE, lambda said: [datum(Frame(MESSAGE, said.frame.n, text))])


def restarts_the_handshake(ana: Relay, _: Relay) -> None:
    ana.down = to(MESSAGE, instead(another_hello()))


def introduces_them_again(ana: Relay, _: Relay) -> None:
    """The same chat with another partner."""
    offer = make_offer(secrets.token_bytes(ENTROPY_BYTES))

    def again(_: Datum) -> Iterable[Datum]:
        ana.tell("matched", {**ana.met, "seal": {"v": 1, "commit": offer.commit}})
        return [datum(Frame(HELLO, 0, offer.hello))]

    ana.down = to(MESSAGE, again)


def reflects(ana: Relay, ben: Relay) -> None:
    """Ana hears her own text of that number."""
    ana.down = to(
        MESSAGE, lambda said: [own for own in ben.heard if own.frame.kind == MESSAGE and own.frame.n == said.frame.n]
    )


def writes_garbage_in_a_chat(length: int) -> Attack:
    def attack(ana: Relay, _: Relay) -> None:
        ana.down = to(MESSAGE, instead(garbage(length)))

    attack.__name__ = f"writes_{length}_bytes_of_garbage"
    return attack


BREAKING: list[Attack] = [
    flips_a_bit,
    forges_a_receipt,
    renumbers,
    puts_a_text_into_another_lane,
    writes_a_text_unsealed,
    introduces_them_again,
    reflects,
    truncates,
    puts_a_text_into_another_event,
    writes_a_signal_unsealed,
    writes_a_frame_unsealed,
    restarts_the_handshake,
    writes_garbage_in_a_chat(0),
    writes_garbage_in_a_chat(1_000),
]


@pytest.mark.parametrize("attack", first(7, BREAKING), ids=lambda attack: attack.__name__)
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
    await ana.next()
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


def replays(ana: Relay, _: Relay) -> None:
    """Each datum three times, and all that ever was said with each."""
    ana.down = lambda said: [said, said, *ana.heard]


def reorders(ana: Relay, _: Relay) -> None:
    """The first text comes after the third."""
    held: list[Datum] = []

    def third_first(said: Datum) -> Iterable[Datum]:
        held.append(said)
        return held[::-1] if len(held) == 3 else [] if len(held) < 3 else [said]

    ana.down = to(MESSAGE, third_first)


def drops_one(ana: Relay, _: Relay) -> None:
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


async def heard(relay: Relay, n: int) -> bool:
    return any((said.frame.kind, said.frame.n) == (MESSAGE, n) for said in relay.heard)


# --- the man in the middle ------------------------------------------------------------------------------------------


async def test_an_honest_relay_shows_the_same_emoji(three: list[Tapped]) -> None:
    (ana, _), (ben, _), _ = three
    await sealed_text(ana, ben)
    assert await names_of_emoji(ana) == await names_of_emoji(ben)


async def test_a_man_in_the_middle_reads_and_the_emoji_differ(three: list[Tapped]) -> None:
    (ana, to_ana), (ben, to_ben), _ = three
    overheard: list[Content] = []
    Middle(to_ana, to_ben, lambda content: overheard.append(content) or content)  # type: ignore[func-returns-value]
    await met("text", ana, ben)
    await ben.say("psst")
    await ana.reads("psst")
    assert Text("psst") in overheard
    assert await names_of_emoji(ana) != await names_of_emoji(ben)
    await expect(ana.part("seal-differs")).to_have_count(0)  # in a text chat there is no channel to compare over
