"""The program between the Visitor and the model: commands become calls, and the Visitor's events change the model."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Coroutine, Sequence

from prompt_toolkit.input import Input
from prompt_toolkit.output import Output

from omefree.client import ClientError, Event, Failed, NoChat, Pause, Paused, Refused, TooLong, Visitor
from omefree.contract.codes import Code, ReportReason
from omefree.seal.emoji import EMOJI
from omefree.terminal import update
from omefree.terminal.commands import Command, Name, Speech, Unknown, Vocabulary, reasons
from omefree.terminal.model import Model, Note, first, note, warning
from omefree.terminal.screen import Screen
from omefree.words.catalogue import Words

TICK_S = 1.0  # the status row counts seconds
TYPING_EVERY_S = 3.0  # the partner's program forgets it after five
ALONE_S = 10.0  # of searching, until the screen says that nobody else is online
ASK_AGAIN_S = 2.0  # after a refusal for a while that does not say how long
WILL_PASS: frozenset[Code] = frozenset({"rate_limited", "full", "draining", "slow"})
AGAIN_TOLD: frozenset[Code] = frozenset({"chat_over", "rate_limited", "draining"})
HELP = ("next", "again", "stop", "verify", "show", "report", "quit", "keys", "signs")
SIGNALS = (signal.SIGTERM, signal.SIGHUP)


async def chat(
    url: str, words: Words, vocabulary: Vocabulary, interests: Sequence[str], languages: Sequence[str]
) -> None:
    """Connects and runs until the visitor quits. Raises ConnectError."""
    async with Visitor(url) as visitor:
        await Program(visitor, words, vocabulary, interests, languages).run()


class Program:
    """`input_` and `output` are prompt_toolkit's; without them the terminal's are used."""

    def __init__(
        self,
        visitor: Visitor,
        words: Words,
        vocabulary: Vocabulary,
        interests: Sequence[str] = (),
        languages: Sequence[str] = (),
        *,
        input_: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._visitor = visitor
        self._words = words
        self._vocabulary = vocabulary
        self._loop = asyncio.get_running_loop()
        self.model = first(Model(visitor.host, visitor.limits.resume_window_chat_s, tuple(interests), tuple(languages)))
        self.screen = Screen(
            words,
            lambda: self.model,
            entered=self._entered,
            typed=self._typed,
            escaped=self._escaped,
            input_=input_,
            output=output,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._look = 0  # number of the present search; older ones stop
        self._typing_at: float | None = None  # when the partner was last told
        self._telling: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Runs until the visitor quits. Raises an exception that a bug of ours caused."""
        for number in SIGNALS:
            self._loop.add_signal_handler(number, self.screen.quit)
        self._spawn(self._listen())
        self._spawn(self._tick())
        try:
            await self.screen.run()
        finally:
            for number in SIGNALS:
                self._loop.remove_signal_handler(number)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- events ---

    def _happens(self, event: update.TerminalEvent) -> None:
        self.model = update.update(self.model, event, self._loop.time())
        self.screen.app.invalidate()

    async def _listen(self) -> None:
        async for event in self._visitor:
            self._heard(event)

    def _heard(self, event: Event) -> None:
        """Passes an event on. The model knows no time of day, so a pause gets the time of its end here."""
        match event:
            case Paused(pause):
                self._tell_pause(pause)
            case Failed(pause=pause) if pause is not None:
                self._tell_pause(pause, ends=True)
            case _:
                self._happens(event)

    def _tell_pause(self, pause: Pause | None, *, ends: bool = False) -> None:
        left_s = pause.retry_after_s if pause is not None else None
        until = time.strftime("%H:%M", time.localtime(time.time() + left_s)) if left_s is not None else ""
        self._happens(update.PausedUntil(pause, until, ends))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._happens(update.Tick())
            if self._typing_at is not None and self._loop.time() - self._typing_at >= TYPING_EVERY_S:
                self._stop_typing()

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (mistake := task.exception()) is not None and not isinstance(mistake, ClientError):
            self.screen.quit(mistake)

    # --- typing ---

    def _typed(self, draft: str) -> None:
        """Tells the partner that we type, at most every three seconds; commands are not told."""
        if self.model.hint is not None or self.model.confirm_until is not None:
            self._happens(update.Hints(None))
        now = self._loop.time()
        if self._visitor.chat is None or draft.startswith("/"):
            return
        if not draft.strip():
            self._stop_typing()
        elif self._typing_at is None or now - self._typing_at >= TYPING_EVERY_S:
            self._typing_at = now
            self._tell_typing(True)

    def _stop_typing(self) -> None:
        if self._typing_at is not None and self._visitor.chat is not None:
            self._tell_typing(False)
        self._typing_at = None

    def _tell_typing(self, on: bool) -> None:
        self._telling = self._spawn(self._visitor.typing(on))

    def _entered(self, typed: str) -> bool:
        """Handles a line. False leaves it in the input, to be corrected."""
        match self._vocabulary.parse(typed):
            case None:
                self._empty()
            case Unknown(head):
                return self._hint(warning("unknown", command=head))
            case Command(name, reason):
                self._command(name, reason)
            case Speech(text):
                return self._say(text)
        return True

    def _say(self, text: str) -> bool:
        chat = self._visitor.chat
        try:
            n = self._visitor.say(text)
        except TooLong as error:
            return self._hint(warning("too_long", n=error.over_bytes))
        except NoChat:
            return self._hint(warning("no_chat"))
        if self._telling is not None:
            self._telling.cancel()  # the text itself ends the typing: a later `typing` on would be wrong
        self._typing_at = None
        self._happens(update.Wrote(chat or "", n, text))
        return True

    def _empty(self) -> None:
        """Handles Enter alone: begins, or goes on to the next partner."""
        self._happens(update.Agreed())  # the first Enter says so, as the screen tells
        if self.model.stage in ("start", "over", "stopped"):
            self._next()

    def _escaped(self) -> None:
        if self.model.chat is None:
            return
        if self.model.confirm_until is not None and self.model.confirm_until > self._loop.time():
            self._spawn(self._stop())
        else:
            self._happens(update.Escape())

    def _hint(self, hint: Note) -> bool:
        self._happens(update.Hints(hint))
        return False

    # --- commands ---

    def _command(self, name: Name, reason: ReportReason | None) -> None:
        match name:
            case "next":
                self._next()
            case "again":
                self._spawn(self._again())
            case "stop":
                self._spawn(self._stop())
            case "verify":
                self._happens(update.Says(self._comparison()))
            case "differs":
                self._spawn(self._differs())
            case "show":
                self._happens(update.Shows())
            case "report":
                self._report(reason)
            case "help":
                self._happens(update.Says(tuple(note(f"help.{line}") for line in HELP)))
            case "quit":
                self.screen.quit()

    def _next(self) -> None:
        if not self.model.adult:
            self._hint(warning("start.first"))
        elif self.model.stage not in ("outdated", "blocked"):
            self._look += 1
            self._typing_at = None
            self._happens(update.Looks())
            self._spawn(self._find(self._look))

    async def _find(self, look: int) -> None:
        """Asks until the server takes the search. A refused `find` does not end the chat, so we end it."""
        while look == self._look:
            try:
                await self._visitor.find("text", self.model.interests, self.model.languages)
            except Refused as error:
                await self._visitor.leave()
                wait_s = (error.retry_after_s or ASK_AGAIN_S) if error.code in WILL_PASS else None
                if error.pause is not None:
                    self._tell_pause(error.pause, ends=True)
                    break
                self._happens(update.SearchRefused(error.code, wait_s))
                if wait_s is None:
                    break
                await asyncio.sleep(wait_s)
            else:
                await self._say_if_alone(look)
                break

    async def _say_if_alone(self, look: int) -> None:
        await asyncio.sleep(ALONE_S)
        if look == self._look and self.model.stage == "searching" and self.model.online == 1:
            self._happens(update.Says((note("search.alone"),)))

    async def _stop(self) -> None:
        self._look += 1
        self._happens(update.Stopped())
        await self._visitor.leave()

    async def _again(self) -> None:
        try:
            await self._visitor.again()
        except NoChat:
            self._happens(update.Asked("none"))
        except Refused as error:
            self._happens(update.Asked(error.code if error.code in AGAIN_TOLD else "draining"))
        else:
            self._happens(update.Asked())

    async def _differs(self) -> None:
        try:
            await self._visitor.differs()
        except NoChat:
            self._happens(update.Says((warning("verify.none"),)))

    def _report(self, reason: ReportReason | None) -> None:
        if reason is None:
            listed = note("report.how", reasons=reasons(self._words))
            self._happens(update.Says((listed,)))
        else:
            self._spawn(self._send_report(reason))

    async def _send_report(self, reason: ReportReason) -> None:
        try:
            await self._visitor.report(reason)
        except NoChat:
            self._happens(update.Says((warning("report.none"),)))
        except Refused:
            self._happens(update.Says((warning("report.failed"),)))
        else:
            self._happens(update.Reported())

    def _comparison(self) -> tuple[Note, ...]:
        emoji = self.model.chat.emoji if self.model.chat is not None else None
        if emoji is None:
            return (warning("verify.none"),)
        named = [f"{EMOJI[number]} {self._words.say(f'emoji.{EMOJI[number]}')}" for number in emoji]
        return (note("verify.four", four="   ".join(named)), note("verify.how"), note("verify.differ"))
