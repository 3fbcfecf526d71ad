"""One visit: four visitors come, meet each other in turn, and leave. Steps are timed, failures counted."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Literal, TypeVar

from omefree.client import Ended, Event, Failed, Heard, LinkLost, Matched, Partner, Sealed, Text, Visitor
from omefree.client.websocket import WebSocket
from omefree.errors import Closed, ConnectError, NoChat, Refused, StepFailed
from omefree.load.polling import Polling
from omefree.load.results import Results, Step
from omefree.load.schedule import PARTY, ROUNDS, Pair, Plan, polls, source, topic
from omefree.load.target import Target
from omefree.seal.content import Candidate, Description

ANSWER_S = 15.0  # for what a step waits for; the sealing itself gives up after 10 s
CANDIDATES = 5  # of each side of a call: a computer with two networks and a relay has about as many
FINGERPRINT = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)
SDP = "\r\n".join(["v=0", FINGERPRINT, *["a=x-load:" + "x" * 90] * 40, ""])  # 4 kB; a video call's has 3 to 8
CANDIDATE = "candidate:1 1 udp 2113937151 192.0.2.%d 50000 typ host generation 0 ufrag load network-cost 999"
SAID = "A text as people write it, of some sixty letters, no. %d."

E = TypeVar("E", bound=Event)


class Visits:
    """`over`: no step begins any more. `failing_since`: when the server last began to let nobody in (monotonic, s)."""

    def __init__(self, target: Target, plan: Plan, results: Results, run: str, chance: random.Random) -> None:
        self.over = asyncio.Event()
        self.failing_since: float | None = None
        self._target = target
        self._plan = plan
        self._results = results
        self._run = run
        self._chance = chance

    def visitor(self, number: int) -> Visitor:
        """The visitor of that number, which has not come yet."""
        address = source(number) if self._target.takes_sources else ""
        kind = Polling if polls(number, self._plan.polling) else WebSocket
        make_transport = partial(kind, dial=partial(self._target.dial, address))
        return Visitor(self._target.url, ssl_context=self._target.tls, make_transport=make_transport)

    async def visit(self, number: int) -> bool:
        """The visit of that number. False if a step failed: the failure has been counted."""
        try:
            async with AsyncExitStack() as stack:
                people = [await self._comes(stack, PARTY * number + each) for each in range(PARTY)]
                await self._rounds(people, number)
        except StepFailed:
            return False
        return True

    async def until_over(self, most_s: float) -> None:
        """Waits until all is over, for so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self.over.wait()

    async def _comes(self, stack: AsyncExitStack, number: int) -> Visitor:
        """A visitor that has come, and goes with the stack. Raises StepFailed."""
        async with self._step("connect"):
            try:
                visitor = await stack.enter_async_context(self.visitor(number))
            except ConnectError as error:
                if error.code is None:
                    self.failing_since = self.failing_since or time.monotonic()
                raise
        self.failing_since = None
        self._results.visitors += 1
        stack.callback(self._goes)
        return visitor

    def _goes(self) -> None:
        self._results.visitors -= 1

    async def _rounds(self, people: Sequence[Visitor], number: int) -> None:
        """All chats of a visit. Raises StepFailed."""
        for turn, pairs in enumerate(ROUNDS):
            if self.over.is_set():
                return
            step: Step = "next" if turn else "find"
            about = [topic(self._run, number, turn, first) for first, _ in pairs]
            await together([self._chat(people, *each, step) for each in zip(pairs, about, strict=True)])
        if not self.over.is_set():
            await together([self._leave(people, pair) for pair in ROUNDS[-1]])
            self._results.visits += 1

    async def _chat(self, people: Sequence[Visitor], pair: Pair, about: str, step: Step) -> None:
        """A chat from the search, which is that step, to the last text. Raises StepFailed."""
        a, b = (people[each] for each in pair)
        chat, a_is_polite = await self._meet(a, b, about, step)
        async with self._step("seal"):
            await hears(a, Sealed, chat)
            await hears(b, Sealed, chat)
        if self._plan.mode == "video":
            async with self._step("signals"):
                await (call(b, a, chat) if a_is_polite else call(a, b, chat))
        for number in range(self._plan.texts):
            if self.over.is_set():
                return
            async with self._step("text"):
                await says(a, SAID % number, chat)
                await hears(b, Text, chat)
            a, b = b, a
            await self.until_over(self._plan.pause_s * (0.5 + self._chance.random()))
        self._results.chats += 1

    async def _meet(self, a: Visitor, b: Visitor, about: str, step: Step) -> tuple[str, bool]:
        """The chat of the two, and whether the first one is polite. It is timed from the second search."""
        async with self._step(step, timed=False):
            await a.find(self._plan.mode, [about], patience_s=None)
        async with self._step(step):
            await b.find(self._plan.mode, [about], patience_s=None)
            ours, theirs = await hears(a, Matched), await hears(b, Matched)
            if ours.chat != theirs.chat:
                raise StepFailed("wrong_partner")
        return ours.chat, ours.polite

    async def _leave(self, people: Sequence[Visitor], pair: Pair) -> None:
        """The end of the last chat, until the partner has been told."""
        a, b = (people[each] for each in pair)
        chat = a.chat or ""
        async with self._step("leave"):
            await a.leave()
            await hears(b, Ended, chat)

    @asynccontextmanager
    async def _step(self, step: Step, *, timed: bool = True) -> AsyncIterator[None]:
        """Measures what it surrounds, and counts its failure. Raises StepFailed."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(ANSWER_S):
                yield
        except (ConnectError, Refused, Closed, NoChat, StepFailed, TimeoutError) as error:
            self._results.errors[step, code_of(error)] += 1
            raise StepFailed(code_of(error)) from None
        if timed:
            self._results.times[step].add(time.perf_counter() - begun)


async def together(chats: Sequence[Coroutine[None, None, None]]) -> None:
    """Runs them side by side, all to their end. Raises the first StepFailed."""
    for failure in await asyncio.gather(*chats, return_exceptions=True):
        if failure is not None:
            raise failure


async def call(a: Visitor, b: Visitor, chat: str) -> None:
    """What it takes to set up a call that `a` offers: descriptions and candidates, both ways. Raises StepFailed."""
    send_side(a, "offer")
    await hears(b, Heard, chat)
    send_side(b, "answer")
    for visitor, left in ((a, 1 + CANDIDATES), (b, CANDIDATES)):
        for _ in range(left):
            await hears(visitor, Heard, chat)


def send_side(visitor: Visitor, kind: Literal["offer", "answer"]) -> None:
    """Sends one side's description and candidates, of the size that a browser's have."""
    visitor.send(Description(kind, SDP))
    for number in range(CANDIDATES):
        visitor.send(Candidate(CANDIDATE % number, "0", 0, "load"))


async def says(visitor: Visitor, text: str, chat: str) -> None:
    """Says a text. Raises StepFailed with the reason, if the chat is over."""
    try:
        visitor.say(text)
    except NoChat:
        await hears(visitor, Text, chat)


def code_of(error: Exception) -> str:
    """The code that a failure is counted under."""
    match error:
        case ConnectError():
            return error.code or error.reason
        case Refused() | StepFailed():
            return error.code
        case TimeoutError():
            return "no_answer"
        case _:
            return "closed"


async def hears(visitor: Visitor, kind: type[E], chat: str = "") -> E:
    """The next event of that kind, of that chat if one is given. Raises StepFailed if the chat or the link ends."""
    while True:
        event = await visitor.next_event()
        is_here = not chat or getattr(event, "chat", chat) == chat
        if isinstance(event, kind) and is_here:
            return event
        match event:
            case Ended(chat=ended, reason=reason) if ended == chat:
                raise StepFailed(reason)
            case Failed(code=code):
                raise StepFailed(code)
            case LinkLost():
                raise StepFailed("link_lost")
            case Partner(state="away") if is_here:
                raise StepFailed("link_lost")
            case _:
                pass  # of a chat before, or nothing that a step waits for
