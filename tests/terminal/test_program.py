"""The whole terminal in this process: keys from a pipe, a screen of glass, a real server and a real partner."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from omefree.client import Ended, Sealed, Text, Typing, Visitor
from omefree.seal.content import TEXT_MAX_BYTES
from omefree.seal.emoji import EMOJI
from omefree.terminal import program
from omefree.terminal.commands import Vocabulary
from omefree.terminal.program import Program
from omefree.words.catalogue import catalogue
from tests.client.people import GUARD_S, hears, look, topic
from tests.client.puppet import puppet
from tests.terminal.glass import Glass
from tests.words.speak import EN

ENTER, ESC, PAGE_UP, PAGE_DOWN, CTRL_C, CTRL_D = "\r", "\x1b", "\x1b[5~", "\x1b[6~", "\x03", "\x04"
WHEEL_UP = "\x1b[<64;10;5M"


class Wire:
    """The output's file: what is written goes to the glass, and whoever waits for something looks again."""

    encoding = "utf-8"

    def __init__(self, glass: Glass) -> None:
        self.glass = glass
        self.painted = asyncio.Event()

    def write(self, data: str) -> int:
        self.glass.write(data)
        return len(data)

    def flush(self) -> None:
        self.painted.set()

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


class Seat:
    """Somebody at a terminal."""

    def __init__(self, keys: PipeInput, wire: Wire, running: Program) -> None:
        self._keys = keys
        self.wire = wire
        self.program = running
        self.glass = wire.glass

    def types(self, *keys: str) -> None:
        for key in keys:
            self._keys.send_text(key)

    async def sees(self, *texts: str) -> None:
        """All of them, at once, sooner or later."""
        try:
            async with asyncio.timeout(GUARD_S):
                while not all(text in self.glass.text for text in texts):
                    self.wire.painted.clear()
                    await self.wire.painted.wait()
        except TimeoutError:
            raise AssertionError(f"never {texts} in:\n{self.glass.text}") from None

    async def sees_no(self, text: str) -> None:
        async with asyncio.timeout(GUARD_S):
            while text in self.glass.text:
                self.wire.painted.clear()
                await self.wire.painted.wait()


@contextlib.asynccontextmanager
async def seated(url: str, *interests: str, lang: str = "en", rows: int = 24, columns: int = 80) -> AsyncIterator[Seat]:
    wire = Wire(Glass(rows, columns))
    size = Size(rows, columns)
    output = Vt100_Output(wire, lambda: size, term="xterm", default_color_depth=ColorDepth.DEPTH_4_BIT)  # type: ignore[arg-type]
    output.get_rows_below_cursor_position = lambda: rows  # type: ignore[method-assign]
    seats: asyncio.Queue[Seat] = asyncio.Queue()

    async def sit(keys: PipeInput) -> None:
        words = catalogue().words(lang)
        async with Visitor(url) as visitor:
            running = Program(visitor, words, Vocabulary(EN, words), interests, input_=keys, output=output)
            seats.put_nowait(Seat(keys, wire, running))
            await running.run()

    with create_pipe_input() as keys:
        task = asyncio.create_task(sit(keys))
        try:
            async with asyncio.timeout(GUARD_S):
                seat = await seats.get()
            yield seat
            if not task.done():
                seat.types(CTRL_C)
            async with asyncio.timeout(GUARD_S):
                await task
        finally:
            task.cancel()


@contextlib.asynccontextmanager
async def chatting(url: str, **options: object) -> AsyncIterator[tuple[Seat, Visitor]]:
    """Somebody at a terminal, in a sealed chat with a visitor."""
    about = topic()
    async with Visitor(url) as partner, seated(url, about, **options) as seat:  # type: ignore[arg-type]
        seat.types(ENTER)
        await look(partner, about)
        await hears(partner, Sealed)
        await seat.sees("ealed, not compared" if options.get("lang") != "fr" else "Scellé, pas comparé")
        yield seat, partner


async def test_the_start_says_what_this_is(url: str) -> None:
    async with seated(url, "jazz") as seat:
        await seat.sees("Meet someone", "18 or over", "You like jazz", "online", "Enter: begin")


async def test_a_chat(url: str) -> None:
    async with chatting(url) as (seat, partner):
        await seat.sees("talking with a stranger", "You both like")
        seat.types("hello", ENTER)
        assert (await hears(partner, Text)).text == "hello"
        await seat.sees("You       hello ✓✓")
        partner.say("hello to you")
        await seat.sees("Stranger  hello to you")


async def test_a_chat_in_french(url: str) -> None:
    async with chatting(url, lang="fr") as (seat, partner):
        await seat.sees("Dis bonjour\u202f!", "Échap 2 fois : suivant")
        seat.types("/vérifier", ENTER)
        await seat.sees("S’ils diffèrent")
        await partner.leave()
        await seat.sees("L’inconnu est parti.", "C’est fini.")


async def test_typing_is_told_both_ways(url: str) -> None:
    async with chatting(url) as (seat, partner):
        await partner.typing(True)
        await seat.sees("The stranger is typing…")
        partner.say("done")
        await seat.sees_no("The stranger is typing…")
        seat.types("h")
        assert (await hears(partner, Typing)).on
        seat.types("\x7f")
        assert not (await hears(partner, Typing)).on


async def test_what_is_typed_and_sent_in_one_breath_leaves_no_typing_behind(url: str) -> None:
    async with chatting(url) as (seat, partner):
        seat.types("hello" + ENTER)
        await hears(partner, Text)
        seat.types("/help" + ENTER + "once more" + ENTER)
        async with asyncio.timeout(GUARD_S):
            while not isinstance(event := await partner.next_event(), Text):
                assert not isinstance(event, Typing)


async def test_a_stranger_s_control_characters_do_not_reach_the_terminal(url: str) -> None:
    async with chatting(url) as (seat, partner):
        partner.say("\x1b[2J\x1b]0;owned\x07\x9b31m\x00\x08\x7f \u202eabc\r\nnext")
        await seat.sees("[2J]0;owned31m ‹RLO›abc", "next", "Stranger")


async def test_escape_twice_is_next(url: str) -> None:
    async with chatting(url) as (seat, partner):
        seat.types(ESC)
        await seat.sees("Esc again for the next person")
        seat.types(ESC)
        await seat.sees("Looking for someone…")
        assert (await hears(partner, Ended)).reason == "skipped"


async def test_escape_twice_at_once_is_next_too(url: str) -> None:
    async with chatting(url) as (seat, partner):
        seat.types(ESC + ESC)
        assert (await hears(partner, Ended)).reason == "skipped"
        await seat.sees("Looking for someone…")


async def test_escape_once_is_forgotten(url: str) -> None:
    async with chatting(url) as (seat, partner):
        seat.types(ESC)
        await seat.sees("Esc again for the next person")
        seat.types("h")
        await seat.sees_no("Esc again")
        seat.types("i", ENTER)
        assert (await hears(partner, Text)).text == "hi"


async def test_next_stop_and_enter(url: str) -> None:
    async with chatting(url) as (seat, partner):
        seat.types("/stop", ENTER)
        await seat.sees("Stopped.", "Enter: look for someone")
        assert (await hears(partner, Ended)).reason == "left"
        seat.types(ENTER)
        await seat.sees("Looking for someone…")
        await seat.sees_no("Stopped.")
        seat.types("/next", ENTER)
        await seat.sees("Looking for someone…")


async def test_again(url: str) -> None:
    async with chatting(url) as (seat, partner):
        await partner.leave()
        await seat.sees("The stranger has left.", "/again")
        seat.types("/again", ENTER)
        await seat.sees("waiting to see whether they ask too")
        await partner.again()
        await seat.sees("the same person again", "Sealed, not compared")


async def test_again_with_nobody(url: str) -> None:
    async with seated(url) as seat:
        seat.types("/again", ENTER)
        await seat.sees("There is nobody to ask for again.")


async def test_verify(url: str) -> None:
    about = topic()
    async with Visitor(url) as partner, seated(url, about) as seat:
        seat.types("/verify", ENTER)
        await seat.sees("The chat is not sealed yet.")
        seat.types("/verify differs", ENTER)
        seat.types(ENTER)
        await look(partner, about)
        emoji = (await hears(partner, Sealed)).emoji
        await seat.sees("Sealed, not compared")
        seat.types("/verify", ENTER)
        await seat.sees("does not go", *[f"{EMOJI[n]} {EN.say(f'emoji.{EMOJI[n]}')}" for n in emoji])
        seat.types("/verify differs", ENTER)
        await seat.sees("The emoji differ")
        await hears(partner, Ended)


async def test_report(url: str) -> None:
    async with chatting(url) as (seat, partner):
        seat.types("/report", ENTER)
        await seat.sees("nudity, minor, hate, violence, spam, other")
        seat.types("/report spam", ENTER)
        await seat.sees("won’t meet again", "The chat is over")
        await hears(partner, Ended)


async def test_a_report_of_nobody(url: str) -> None:
    async with seated(url) as seat:
        seat.types("/report spam", ENTER)
        await seat.sees("There is nobody to report.")


async def test_help_and_a_slip(url: str) -> None:
    async with chatting(url) as (seat, partner):
        seat.types("/help", ENTER)
        await seat.sees("/next", "/again", "/stop", "/verify", "/report", "/quit", "Page Up")
        seat.types("/nxet", ENTER)
        await seat.sees("There is no /nxet.", "> /nxet")
        seat.types("\x15", "//etc", ENTER)
        assert (await hears(partner, Text)).text == "/etc", "and nothing of what was mistyped"


async def test_a_text_that_is_too_long_stays(url: str) -> None:
    async with chatting(url) as (seat, partner):
        seat.types("\x1b[200~" + "é" * (TEXT_MAX_BYTES // 2 + 2) + "\x1b[201~", ENTER)
        await seat.sees("Not sent: 4 bytes too long.")
        seat.types("\x7f", "\x7f", ENTER)
        assert len((await hears(partner, Text)).text.encode()) == TEXT_MAX_BYTES


async def test_several_lines(url: str) -> None:
    async with chatting(url) as (seat, partner):
        seat.types("one", ESC + ENTER, "two", ENTER)
        assert (await hears(partner, Text)).text == "one\ntwo"


async def test_writing_to_nobody(url: str) -> None:
    async with seated(url) as seat:
        seat.types("hello?", ENTER)
        await seat.sees("there is nobody to write to", "> hello?")


@pytest.mark.parametrize("back", [PAGE_UP, WHEEL_UP])
async def test_scrolling(url: str, back: str) -> None:
    async with chatting(url) as (seat, partner):
        for n in range(60):
            partner.say(f"line-{n}.")
        await seat.sees("line-59.")
        seat.types(back * 8)
        await seat.sees("more lines (Page Down)")
        await seat.sees_no("line-59.")
        shown = [row for row in seat.glass.text.splitlines() if "line-" in row]
        partner.say("line-60.")
        await seat.sees("more lines (Page Down)")
        assert [row for row in seat.glass.text.splitlines() if "line-" in row] == shown, "what is read stays in place"
        seat.types(PAGE_DOWN * 8)
        await seat.sees("line-60.")


@pytest.mark.parametrize(("rows", "columns"), [(10, 40), (60, 200), (5, 12)])
async def test_small_and_large_screens(url: str, rows: int, columns: int) -> None:
    about = topic()
    async with Visitor(url) as partner, seated(url, about, rows=rows, columns=columns) as seat:
        seat.types(ENTER)
        await look(partner, about)
        await hears(partner, Sealed)
        partner.say("hello")
        await seat.sees("hello")
        seat.types("hi", ENTER)
        assert (await hears(partner, Text)).text == "hi"
        await seat.sees("hi")


async def test_our_own_link(monkeypatch: pytest.MonkeyPatch) -> None:
    async with puppet() as server:
        coming = asyncio.create_task(server.comes())
        entering = asyncio.create_task(enter_and_lose(server.url))
        wire = await coming
        await wire.greet()
        await wire.close()
        await entering


async def enter_and_lose(url: str) -> None:
    async with seated(url) as seat:
        await seat.sees("No connection.")


async def test_ctrl_d_quits_only_an_empty_input(url: str) -> None:
    async with chatting(url) as (seat, partner):
        seat.types("ab", "\x01", CTRL_D, ENTER)
        assert (await hears(partner, Text)).text == "b"
        seat.types(CTRL_D)
        assert (await hears(partner, Ended)).reason == "left"


async def test_quit(url: str) -> None:
    async with chatting(url) as (seat, partner):
        seat.types("/quit", ENTER)
        assert (await hears(partner, Ended)).reason == "left"


async def test_nobody_else_is_here(monkeypatch: pytest.MonkeyPatch, page: object) -> None:
    from tests.test_server import running

    monkeypatch.setattr(program, "ALONE_S", 0.0)
    with running(page, "--stun-port", "0") as server:  # type: ignore[arg-type]
        async with seated(server.url) as seat:
            seat.types(ENTER)
            await seat.sees("Nobody else is here just now.")
        assert server.stop() == 0


async def test_interests_that_the_server_does_not_want(url: str) -> None:
    async with seated(url, "x" * 200) as seat:
        seat.types(ENTER)
        await seat.sees("didn’t understand one of your interests")
