"""Two visitors and a real server: everything that goes well, and what the server refuses."""

import asyncio

import pytest

from omefree.client import (
    Closed,
    Delivery,
    Ended,
    Heard,
    Matched,
    NoChat,
    Online,
    Refused,
    Sealed,
    Searching,
    Text,
    TooLong,
    Typing,
    Visitor,
)
from omefree.seal.content import TEXT_MAX_BYTES, Candidate, Description, Media, Sendable, Step
from tests.client.people import GUARD_S, hears, hears_texts, look, meet, sealed, talks_with_somebody, topic, two
from tests.test_server import ServerClient as Official
from tests.test_server import running

SDP = "v=0\r\na=fingerprint:sha-256 " + ":".join(f"{byte:02X}" for byte in range(32)) + "\r\n"


async def test_two_chat(url: str) -> None:
    async with two(url) as (a, b):
        theirs, mine = await meet(a, b)
        assert theirs.chat == mine.chat == a.chat == b.chat
        assert theirs.polite is not mine.polite
        assert theirs.common == mine.common != []
        assert theirs.mode == "text"
        assert (await hears(a, Sealed)).emoji == (await hears(b, Sealed)).emoji
        assert [a.say("hello"), a.say("é🙂\nsecond line"), b.say("hello to you")] == [0, 1, 0]
        assert await hears_texts(b, 2) == ["hello", "é🙂\nsecond line"]
        assert await hears_texts(a, 1) == ["hello to you"]


async def test_a_text_is_sent_then_delivered(url: str) -> None:
    async with two(url) as (a, b):
        await sealed(a, b)
        n = a.say("hello")
        states = [await hears(a, Delivery) for _ in range(2)]
        assert [(each.n, each.state) for each in states] == [(n, "sent"), (n, "delivered")]


async def test_what_is_said_before_the_seal_waits_for_it(url: str) -> None:
    async with two(url) as (a, b):
        await meet(a, b)
        a.say("at once")
        assert await hears_texts(b, 1) == ["at once"]


async def test_typing(url: str) -> None:
    async with two(url) as (a, b):
        await sealed(a, b)
        await a.typing(True)
        await a.typing(False)
        assert [(await hears(b, Typing)).on for _ in range(2)] == [True, False]


async def test_what_programs_say_for_a_call(url: str) -> None:
    async with two(url) as (a, b):
        about = topic()
        for each in (a, b):
            await each.find("video", [about], patience_s=None)
        assert (await hears(a, Matched)).mode == "video"
        await hears(b, Matched)
        said: list[Sendable] = [
            Media(mic=True, cam=False),
            Description("offer", SDP),
            Candidate("candidate:1 1 udp 1 ::1 9 typ host"),
        ]
        for content in said:
            a.send(content)
        assert [(await hears(b, Heard)).content for _ in said] == said
        assert await a.ice() == []


async def test_a_step_in_a_text_chat(url: str) -> None:
    """A program hears what the partner agrees to, may answer, and may get TURN credentials. It may also say nothing."""
    async with two(url) as (a, b):
        await sealed(a, b)
        a.send(Step(2))
        assert (await hears(b, Heard)).content == Step(2)
        b.send(Step(1))
        assert (await hears(a, Heard)).content == Step(1)
        assert await a.ice() == []
        b.say("still in writing")
        assert (await hears(a, Text)).text == "still in writing"


async def test_next(url: str) -> None:
    """One find leaves, and finds."""
    async with two(url) as (a, b):
        await sealed(a, b)
        await talks_with_somebody(a, url)
        assert (await hears(b, Ended)).reason == "skipped"
        assert b.chat is None


async def test_leave(url: str) -> None:
    async with two(url) as (a, b):
        await sealed(a, b)
        await a.leave()
        assert a.chat is None
        assert (await hears(b, Ended)).reason == "left"
        with pytest.raises(NoChat):
            b.say("too late")
        with pytest.raises(NoChat):
            await a.typing(True)
        await talks_with_somebody(b, url)


async def test_leave_ends_a_search(url: str) -> None:
    async with two(url) as (a, b):
        about = topic()
        await look(a, about)
        await a.leave()
        await look(b, about)
        await look(a, topic())
        await hears(a, Searching)
        await hears(b, Searching)
        assert a.chat is b.chat is None


async def test_going_is_told_at_once(url: str) -> None:
    async with Visitor(url) as b:
        async with Visitor(url) as a:
            await sealed(a, b)
        assert (await hears(b, Ended)).reason == "left"


async def test_a_search_keeps_its_place_and_its_offer(url: str) -> None:
    async with two(url) as (a, b):
        about = topic()
        await look(a, topic())
        await look(a, about)
        await look(b, about)
        assert (await hears(a, Sealed)).emoji == (await hears(b, Sealed)).emoji


async def test_a_find_that_crosses_a_match_changes_nothing(url: str) -> None:
    async with two(url) as (a, b):
        about = topic()
        await look(a, about)
        async with asyncio.timeout(GUARD_S):
            await asyncio.gather(b.find(interests=[about], patience_s=None), a.find(interests=[about, "more"]))
        assert (await hears(a, Sealed)).emoji == (await hears(b, Sealed)).emoji


async def test_languages_and_patience(url: str) -> None:
    async with two(url) as (a, b):
        about = topic()
        await a.find(interests=[about], languages=["fr"], patience_s=60)
        assert (await hears(a, Searching)).widened is False
        await b.find(interests=[about], languages=["fr-CA", "en"], patience_s=None)
        assert (await hears(a, Matched)).languages == ["fr"]


async def test_again_is_sealed_anew(url: str) -> None:
    async with two(url) as (a, b):
        first, _ = await sealed(a, b)
        await a.leave()
        await hears(b, Ended)
        await a.again()
        await b.again()
        matched, same = await hears(a, Matched), await hears(b, Matched)
        assert matched.chat == same.chat != first.chat
        assert matched.again
        mine, theirs = await hears(a, Sealed), await hears(b, Sealed)
        assert mine.emoji == theirs.emoji
        b.say("you again")
        assert await hears_texts(a, 1) == ["you again"]
        await b.leave()
        await hears(a, Ended)
        await a.again()
        await b.again()
        assert (await hears(a, Sealed)).emoji == (await hears(b, Sealed)).emoji, "and once more"


async def test_again_while_searching(url: str) -> None:
    async with two(url) as (a, b):
        await sealed(a, b)
        await look(b, topic())
        await hears(a, Ended)
        await b.again()
        await a.again()
        assert (await hears(a, Sealed)).emoji == (await hears(b, Sealed)).emoji


async def test_again_with_nobody(url: str) -> None:
    async with Visitor(url) as a:
        with pytest.raises(NoChat):
            await a.again()
        async with Visitor(url) as b:
            await sealed(a, b)
        await hears(a, Ended)
        with pytest.raises(Refused) as refused:
            await a.again()
        assert refused.value.code == "chat_over"


async def test_again_that_is_taken_back(url: str) -> None:
    async with two(url) as (a, b):
        await sealed(a, b)
        await a.leave()
        await hears(b, Ended)
        await a.again()
        await a.leave()
        await b.again()
        await talks_with_somebody(a, url)


async def test_the_offers_of_a_last_chat_are_dropped_in_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omefree.client.talk.AGAIN_WINDOW_S", 0.0)
    async with two(url) as (a, b):
        await sealed(a, b)
        await b.leave()
        await hears(a, Ended)
        await b.find(interests=[topic()], patience_s=None)  # a trip, which is longer than no time
        with pytest.raises(NoChat):
            await b.again()


async def test_report(url: str) -> None:
    async with two(url) as (a, b):
        about = topic()
        await look(a, about)
        await look(b, about)
        await hears(a, Sealed)
        await a.report("spam")
        assert a.chat is None
        assert (await hears(b, Ended)).reason == "left"
        with pytest.raises(NoChat):
            await a.again()


async def test_a_report_after_the_end(url: str) -> None:
    async with two(url) as (a, b):
        with pytest.raises(NoChat):
            await a.report("hate")
        await sealed(a, b)
        await b.leave()
        await hears(a, Ended)
        await a.report("hate")


async def test_two_that_compared_and_differ(url: str) -> None:
    async with two(url) as (a, b):
        await sealed(a, b)
        await a.differs()
        assert (await hears(a, Ended)).reason == "seal_differs"
        assert (await hears(b, Ended)).reason == "left"
        with pytest.raises(NoChat):
            await a.again()
        with pytest.raises(NoChat):
            await a.differs()


async def test_a_partner_that_does_not_seal_is_never_met(url: str) -> None:
    about = topic()
    bare = Official()
    await bare.arrive(url, "websocket")
    assert await bare.client.call("find", {"mode": "text", "interests": [about]}) == {"ok": True}
    async with two(url) as (a, b):
        await look(a, about)
        await look(b, about)
        assert (await hears(a, Matched)).chat == (await hears(b, Matched)).chat
    await bare.client.disconnect()


@pytest.mark.parametrize(
    ("criteria", "code", "field"),
    [
        ({"interests": ["x" * 200]}, "bad_criteria", "interests"),
        ({"interests": [str(n) for n in range(11)]}, "bad_criteria", "interests"),
        ({"languages": ["klingon!"]}, "bad_criteria", "languages"),
        ({"patience_s": 61}, "bad_criteria", "patience_s"),
        ({"hide": True}, "no_turn", None),
    ],
)
async def test_criteria_that_are_refused(url: str, criteria: dict[str, object], code: str, field: str | None) -> None:
    async with Visitor(url) as visitor:
        with pytest.raises(Refused) as refused:
            await visitor.find(**criteria)  # type: ignore[arg-type]
        assert (refused.value.code, refused.value.field) == (code, field)
        assert refused.value.message
        await talks_with_somebody(visitor, url)


async def test_a_refused_next_leaves_the_chat_as_it_is(url: str) -> None:
    async with two(url) as (a, b):
        await sealed(a, b)
        with pytest.raises(Refused):
            await a.find(patience_s=-1)
        a.say("still here")
        assert await hears_texts(b, 1) == ["still here"]


async def test_texts_that_are_too_long(url: str) -> None:
    async with two(url) as (a, b):
        await sealed(a, b)
        with pytest.raises(TooLong) as too_long:
            a.say("é" * (TEXT_MAX_BYTES // 2 + 1))
        assert too_long.value.over_bytes == 2
        longest = "🙂" * (TEXT_MAX_BYTES // 4)
        a.say(longest)
        assert await hears_texts(b, 1) == [longest]


async def test_the_quotas_are_kept_and_nothing_is_lost(page: object) -> None:
    """More texts at once than the quota's burst: the channel spreads them."""
    with running(page, "--stun-port", "0") as server:  # type: ignore[arg-type]
        async with two(server.url) as (a, b):
            await sealed(a, b)
            texts = [f"text {n}" for n in range(45)]
            for text in texts:
                a.say(text)
            assert await hears_texts(b, 45) == texts
        assert server.stop() == 0


async def test_too_many_finds_are_refused_with_a_time(page: object) -> None:
    with running(page, "--stun-port", "0") as server:  # type: ignore[arg-type]
        async with Visitor(server.url) as visitor:
            with pytest.raises(Refused) as refused:
                for _ in range(30):
                    await visitor.find(interests=["x"], patience_s=None)
            assert refused.value.code == "rate_limited"
            assert 0 < (refused.value.retry_after_s or 0) <= 1
        assert server.stop() == 0


async def test_the_counter(url: str) -> None:
    async with Visitor(url) as a:
        before = (await hears(a, Online)).count
        async with Visitor(url) as b:
            assert (await hears(b, Online)).count == before + 1


async def test_leaving_twice_and_after(url: str) -> None:
    visitor = Visitor(url)
    async with visitor:
        await visitor.leave()
        await visitor.leave()
    await visitor.close()
    for late in (visitor.find(), visitor.report("spam"), hears(visitor, Ended)):
        with pytest.raises((Closed, NoChat)):
            await late


async def test_iterating_ends_with_the_visitor(url: str) -> None:
    async with two(url) as (a, b):
        await sealed(a, b)
        b.say("last words")
        words = []
        async with asyncio.timeout(GUARD_S):
            async for event in a:
                if isinstance(event, Text):
                    words.append(event.text)
                    await a.close()
        assert words == ["last words"]
        assert (await hears(b, Ended)).reason == "left"
