"""Relays that lie, on a real connection: each is found, named, and left; the next chat is an honest one.

Every kind once; tests/seal/test_attacks.py mounts them in every form against the channel.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from omefree.client import Delivery, Ended, LinkBack, LinkLost, Matched, Sealed, Text, Visitor
from omefree.contract.events import Limits
from omefree.contract.limits import QUOTAS
from omefree.seal import channel, lanes
from omefree.seal.channel import Channel
from omefree.seal.content import Text as Words
from omefree.seal.frame import decode_frame, encode_frame
from omefree.seal.handshake import ENTROPY_BYTES, Offer, make_offer
from omefree.seal.outputs import Emit, Received
from tests.client.liar import Args, Liar, Lie, Side, lying
from tests.client.people import GUARD_S, hears, look, meet, sealed, talks_with_somebody, topic, two

LIMITS = Limits(10, 32, 5, 49_152, 16_384, 15, QUOTAS)


def new_offer() -> Offer:
    return make_offer(os.urandom(ENTROPY_BYTES))


async def fails(visitor: Visitor, reason: str) -> None:
    """The chat ends so, and the visitor is free."""
    assert (await hears(visitor, Ended)).reason == reason
    assert visitor.chat is None


async def one_fails(*visitors: Visitor) -> None:
    """Of two who are lied to alike, whoever sees it first says so; the other may only hear that they left."""
    reasons = {(await hears(visitor, Ended)).reason for visitor in visitors}
    assert "seal_failed" in reasons
    assert reasons <= {"seal_failed", "left"}


async def goes_on(liar: Liar, server: str, *visitors: Visitor) -> None:
    """The relay tells the truth again: each finds somebody else."""
    liar.lie = Lie()
    for visitor in visitors:
        await visitor.leave()
        await talks_with_somebody(visitor, server)


# --- in the handshake ---


class Matches(Lie):
    """Changes what `matched` tells."""

    def __init__(self, **change: Any) -> None:
        super().__init__()
        self.change = change

    async def down(self, side: Side, args: Args) -> None:
        if args[0] == "matched":
            args[1] |= self.change
        await side.down(args)


@pytest.mark.parametrize(
    "lie",
    [
        Matches(seal={"v": 1, "commit": new_offer().commit}),
        Matches(seal=None),
        Matches(seal={"v": 2, "commit": new_offer().commit}),
        Matches(polite=True),
        Matches(polite=False),
        Matches(mode="video"),
    ],
    ids=["another commitment", "no commitment", "another version", "both polite", "both impolite", "a call"],
)
async def test_a_match_that_is_not_true(url: str, lie: Lie) -> None:
    async with lying(url, lie) as liar, two(liar.url) as (a, b):
        await meet(a, b)
        await one_fails(a, b)
        await goes_on(liar, url, a, b)


class Between(Lie):
    """Stands between: has commitments and keys of its own with each, opens, reads, and seals anew."""

    def __init__(self) -> None:
        super().__init__()
        self.offers = [new_offer(), new_offer()]
        self.channels: list[Channel | None] = [None, None]
        self.commits = ["", ""]
        self.read: list[str] = []

    async def down(self, side: Side, args: Args) -> None:
        if args[0] == "matched":
            me = side.visitor
            args[1]["seal"]["commit"] = self.offers[me].commit
            self.channels[me] = Channel(
                chat=args[1]["chat"], polite=not args[1]["polite"], offer=self.offers[me], commit=self.commits[me],
                next_commit=None, limits=LIMITS, now=0.0,
            )  # fmt: skip
            await side.down(args)
            await self.work()
        elif args[0] not in ("signal", "message"):
            await side.down(args)

    async def up(self, side: Side, ack: str, args: Args) -> None:
        mine = self.channels[side.visitor]
        if args[0] == "find":
            self.commits[side.visitor] = args[1]["seal"]["commit"]
        if args[0] in ("signal", "message") and mine is not None:
            await side.yes(ack)
            mine.receive(args[0], args[2], 0.0)
            await self.work()
        else:
            await super().up(side, ack, args)

    async def work(self) -> None:
        for me, mine in enumerate(self.channels):
            for output in mine.outputs() if mine is not None else []:
                match output:
                    case Emit(event=event, data=data, token=token):
                        side = self.sides[me]
                        await side.down([event, side.matched["chat"], data])
                        if mine is not None:
                            mine.answered(token, None, None, 0.0)
                    case Received(content=Words(text=text)):
                        self.read.append(text)
                        other = self.channels[1 - me]
                        if other is not None:
                            other.send(Words(text), 0.0)
                            await self.work()
                    case _:
                        pass  # the liar itself needs no telling


async def test_keys_that_were_swapped_show_in_the_emoji(url: str) -> None:
    lie = Between()
    async with lying(url, lie) as liar, two(liar.url) as (a, b):
        mine, theirs = await sealed(a, b)
        assert mine.emoji != theirs.emoji
        a.say("is it you?")
        assert (await hears(b, Text)).text == "is it you?"
        assert lie.read == ["is it you?"], "unverified, it reads along: that is what comparing is for"
        await a.differs()
        await fails(a, "seal_differs")
        await hears(b, Ended)
        await goes_on(liar, url, a, b)


class Swallows(Lie):
    """Says yes to every signal, and passes none on."""

    async def up(self, side: Side, ack: str, args: Args) -> None:
        if args[0] == "signal":
            await side.yes(ack)
        else:
            await super().up(side, ack, args)


async def test_a_handshake_that_never_ends(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "READY_WITHIN_S", 0.3)
    async with lying(url, Swallows()) as liar, two(liar.url) as (a, b):
        await meet(a, b)
        await one_fails(a, b)
        monkeypatch.undo()
        await goes_on(liar, url, a, b)


# --- in a sealed chat ---


class Tampers(Lie):
    """Does something with each sealed text on its way down to the second visitor; `seen` are those that passed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    async def down(self, side: Side, args: Args) -> None:
        if args[0] == "message" and side.visitor == 1:
            self.seen.append(args[2])
            await self.tamper(side, args)
        else:
            await side.down(args)

    async def tamper(self, side: Side, args: Args) -> None:
        await side.down(args)


class FlipsABit(Tampers):
    async def tamper(self, side: Side, args: Args) -> None:
        frame = decode_frame(args[2])
        body = bytearray(frame.body)
        body[0] ^= 1
        await side.down(["message", args[1], encode_frame(type(frame)(frame.kind, frame.n, bytes(body)))])


class Renumbers(Tampers):
    async def tamper(self, side: Side, args: Args) -> None:
        frame = decode_frame(args[2])
        await side.down(["message", args[1], encode_frame(type(frame)(frame.kind, frame.n + 1, frame.body))])


class Unseals(Tampers):
    async def tamper(self, side: Side, args: Args) -> None:
        await side.down(["message", args[1], "is it you? what is your name?"])


class SendsGarbage(Tampers):
    async def tamper(self, side: Side, args: Args) -> None:
        await side.down(["message", args[1], "\u0000\u001b[2J" + "💥" * 1000])


class Greets(Tampers):
    """Begins the handshake again, with keys of its own."""

    async def tamper(self, side: Side, args: Args) -> None:
        frame = decode_frame(args[2])
        await side.down(["signal", args[1], encode_frame(type(frame)(0, 0, new_offer().hello))])


class ChangesTheEvent(Tampers):
    async def tamper(self, side: Side, args: Args) -> None:
        await side.down(["signal", args[1], args[2]])


class Reflects(Tampers):
    """Sends the writer their own words."""

    async def tamper(self, side: Side, args: Args) -> None:
        await self.sides[1].down(args)
        await self.sides[0].down(args)


@pytest.mark.parametrize(
    "lie", [FlipsABit, Renumbers, Unseals, SendsGarbage, Greets, ChangesTheEvent], ids=lambda lie: lie.__name__
)
async def test_what_was_not_sealed_so(url: str, lie: type[Tampers]) -> None:
    async with lying(url, lie()) as liar, two(liar.url) as (a, b):
        await sealed(a, b)
        a.say("hello")
        await fails(b, "seal_broken")
        assert (await hears(a, Ended)).reason == "left"
        await goes_on(liar, url, a, b)


async def test_own_words_that_come_back(url: str) -> None:
    async with lying(url, Reflects()) as liar, two(liar.url) as (a, b):
        await sealed(a, b)
        a.say("hello")
        await fails(a, "seal_broken")
        await goes_on(liar, url, a, b)


class Repeats(Tampers):
    """Each three times, and all that came before once more."""

    async def tamper(self, side: Side, args: Args) -> None:
        for data in [*self.seen, args[2], args[2]]:
            await side.down(["message", args[1], data])


class Reorders(Tampers):
    """Pairs in the wrong order."""

    async def tamper(self, side: Side, args: Args) -> None:
        if len(self.seen) % 2 == 0:
            for data in reversed(self.seen[-2:]):
                await side.down(["message", args[1], data])


class LosesSome(Tampers):
    """Every second one, the first time."""

    async def tamper(self, side: Side, args: Args) -> None:
        if self.seen.count(args[2]) > 1 or len(self.seen) % 2:
            await side.down(args)


@pytest.mark.parametrize("lie", [Repeats, Reorders, LosesSome], ids=lambda lie: lie.__name__)
async def test_what_is_mended(url: str, lie: type[Tampers]) -> None:
    """Exactly once and in order, whatever the relay does with whole frames."""
    async with lying(url, lie()) as liar, two(liar.url) as (a, b):
        await sealed(a, b)
        said = [f"text {n}" for n in range(10)]
        for text in said:
            a.say(text)
        assert [(await hears(b, Text)).text for _ in said] == said
        a.say("and no more of them")
        a.say("than that")
        assert (await hears(b, Text)).text == "and no more of them"


class LosesTheFirst(Tampers):
    async def tamper(self, side: Side, args: Args) -> None:
        if args[2] != self.seen[0]:
            await side.down(args)


async def test_a_text_that_is_held_back(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "GAP_S", 0.3)
    async with lying(url, LosesTheFirst()) as liar, two(liar.url) as (a, b):
        await sealed(a, b)
        a.say("first")
        a.say("second")
        await fails(b, "seal_gap")
        await goes_on(liar, url, a, b)


class Delivers(Tampers):
    """Says yes, and passes nothing on."""

    async def tamper(self, side: Side, args: Args) -> None:
        pass


async def test_a_yes_of_the_relay_is_not_the_partner_s(url: str) -> None:
    async with lying(url, Delivers()) as liar, two(liar.url) as (a, b):
        await sealed(a, b)
        a.say("hello")
        assert (await hears(a, Delivery)).state == "sent"
        b.say("your words do not arrive")  # with a receipt for nothing
        await hears(a, Text)
        liar.lie = Lie()
        a.say("now they do")
        assert (await hears(b, Text)).text == "hello"
        assert (await hears(a, Delivery)).state in ("sent", "delivered")


class MixesChats(Lie):
    """Frames of an earlier chat, as if they were of this one."""

    def __init__(self) -> None:
        super().__init__()
        self.old: list[str] = []

    async def down(self, side: Side, args: Args) -> None:
        if args[0] == "message" and self.old and args[1] != self.old[0]:
            args[2] = self.old[1]
        elif args[0] == "message":
            self.old = args[1:]
        await side.down(args)


async def test_words_of_another_chat(url: str) -> None:
    async with lying(url, MixesChats()) as liar, two(liar.url) as (a, b):
        await sealed(a, b)
        a.say("in the first chat")
        await hears(b, Text)
        await a.leave()
        await hears(b, Ended)
        await a.again()
        await b.again()
        await hears(a, Sealed)
        await hears(b, Sealed)
        a.say("in the second")
        await fails(b, "seal_broken")
        await goes_on(liar, url, a, b)


class WritesLate(Tampers):
    """Into a chat that is none of theirs."""

    async def tamper(self, side: Side, args: Args) -> None:
        await side.down(["message", "a-chat-of-others", args[2]])
        await side.down(["ended", "a-chat-of-others", "left"])
        await side.down(args)


async def test_what_names_another_chat_is_dropped(url: str) -> None:
    async with lying(url, WritesLate()) as liar, two(liar.url) as (a, b):
        await sealed(a, b)
        a.say("hello")
        assert (await hears(b, Text)).text == "hello"
        assert b.chat is not None


# --- again ---


class Reunites(Lie):
    """Tells whoever searches that the last one asked again; whoever asks again, that somebody new was found."""

    async def down(self, side: Side, args: Args) -> None:
        if args[0] == "matched" and len(self.sides) > 2:
            was_reunion = args[1]["seal"] is None
            args[1]["seal"] = {"v": 1, "commit": new_offer().commit} if was_reunion else None
        await side.down(args)


async def test_a_reunion_that_is_none(url: str) -> None:
    lie = Reunites()
    async with lying(url, lie) as liar, two(liar.url) as (a, b):
        await sealed(a, b)
        await a.leave()
        await hears(b, Ended)
        async with Visitor(liar.url) as c:
            await meet(a, c)
            await fails(a, "seal_failed")
        await goes_on(liar, url, a)


async def test_somebody_else_in_the_place_of_the_last_one(url: str) -> None:
    lie = Reunites()
    async with lying(url, lie) as liar, two(liar.url) as (a, b), Visitor(liar.url):
        lie.sides.pop()
        await sealed(a, b)
        await a.leave()
        await hears(b, Ended)
        lie.sides.append(lie.sides[0])
        await a.again()
        await b.again()
        assert (await hears(a, Matched)).again is False
        await fails(a, "seal_failed")
        await goes_on(liar, url, a, b)


class Crosses(Lie):
    """Reunites people with somebody else's last partner: as if two pairs were exchanged."""

    async def down(self, side: Side, args: Args) -> None:
        if args[0] == "signal" and args[2] in self.swapped:
            args[2] = self.swapped[args[2]]
        await side.down(args)

    def __init__(self) -> None:
        super().__init__()
        self.swapped: dict[str, str] = {}

    async def up(self, side: Side, ack: str, args: Args) -> None:
        if args[0] == "signal" and side.matched.get("seal") is None:
            frame = decode_frame(args[2])
            if frame.kind == 0:
                args[2] = encode_frame(type(frame)(0, 0, new_offer().hello))
        await super().up(side, ack, args)


async def test_a_reunion_with_another_than_the_last_one(url: str) -> None:
    """The hello must be the one whose commitment came sealed in the chat before."""
    async with lying(url, Crosses()) as liar, two(liar.url) as (a, b):
        await sealed(a, b)
        await a.leave()
        await hears(b, Ended)
        await a.again()
        await b.again()
        assert (await hears(a, Matched)).again
        await one_fails(a, b)
        await goes_on(liar, url, a, b)


# --- below the seal ---


class Breaks(Lie):
    """Once, in the middle of a chat, says what is no Socket.IO."""

    def __init__(self) -> None:
        super().__init__()
        self.has_broken = False

    async def down(self, side: Side, args: Args) -> None:
        if args[0] == "message" and not self.has_broken:
            self.has_broken = True
            await side.near.send_str("42not json")
        else:
            await side.down(args)


async def test_a_broken_wire_is_mended(url: str) -> None:
    async with lying(url, Breaks()) as liar, two(liar.url) as (a, b):
        await sealed(a, b)
        a.say("hello")
        await hears(b, LinkLost)
        await hears(b, LinkBack)
        assert (await hears(b, Text)).text == "hello"


class Silent(Lie):
    """Answers no find."""

    async def up(self, side: Side, ack: str, args: Args) -> None:
        if args[0] != "find":
            await super().up(side, ack, args)


async def test_a_find_without_an_answer_can_be_given_up(url: str) -> None:
    async with lying(url, Silent()) as liar, Visitor(liar.url) as a:
        finding = asyncio.create_task(look(a, topic()))
        await asyncio.sleep(0)
        finding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await finding
        async with asyncio.timeout(GUARD_S):
            await goes_on(liar, url, a)
