"""The whole terminal in this process: keys from a pipe, a fake terminal, a real server and a real partner."""

from __future__ import annotations

import asyncio
import contextlib
import re
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
from tests.client.scripted_server import scripted_server, welcome
from tests.terminal.fake_terminal import FakeTerminal
from tests.words.speak import EN

ENTER, ESC, PAGE_UP, PAGE_DOWN, CTRL_C, CTRL_D = "\r", "\x1b", "\x1b[5~", "\x1b[6~", "\x03", "\x04"
WHEEL_UP = "\x1b[<64;10;5M"


class ScreenFile:
    """The output's file: what is written goes to the fake terminal, and whoever waits for something looks again."""

    encoding = "utf-8"

    def __init__(self, screen: FakeTerminal) -> None:
        self.screen = screen
        self.painted = asyncio.Event()

    def write(self, data: str) -> int:
        self.screen.write(data)
        return len(data)

    def flush(self) -> None:
        self.painted.set()

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


class Terminal:
    """Somebody at a terminal."""

    def __init__(self, keys: PipeInput, screen_file: ScreenFile, running: Program) -> None:
        self._keys = keys
        self.screen_file = screen_file
        self.program = running
        self.screen = screen_file.screen

    def types(self, *keys: str) -> None:
        for key in keys:
            self._keys.send_text(key)

    async def sees(self, *texts: str) -> None:
        """All of them, at once, sooner or later."""
        try:
            async with asyncio.timeout(GUARD_S):
                while not all(text in self.screen.text for text in texts):
                    self.screen_file.painted.clear()
                    await self.screen_file.painted.wait()
        except TimeoutError:
            raise AssertionError(f"never {texts} in:\n{self.screen.text}") from None

    async def sees_no(self, text: str) -> None:
        async with asyncio.timeout(GUARD_S):
            while text in self.screen.text:
                self.screen_file.painted.clear()
                await self.screen_file.painted.wait()


@contextlib.asynccontextmanager
async def at_a_terminal(
    url: str, *interests: str, lang: str = "en", rows: int = 24, columns: int = 80
) -> AsyncIterator[Terminal]:
    screen_file = ScreenFile(FakeTerminal(rows, columns))
    size = Size(rows, columns)
    output = Vt100_Output(screen_file, lambda: size, term="xterm", default_color_depth=ColorDepth.DEPTH_4_BIT)  # type: ignore[arg-type]
    output.get_rows_below_cursor_position = lambda: rows  # type: ignore[method-assign]
    terminals: asyncio.Queue[Terminal] = asyncio.Queue()

    async def sit(keys: PipeInput) -> None:
        words = catalogue().words(lang)
        async with Visitor(url) as visitor:
            running = Program(visitor, words, Vocabulary(EN, words), interests, input_=keys, output=output)
            terminals.put_nowait(Terminal(keys, screen_file, running))
            await running.run()

    with create_pipe_input() as keys:
        task = asyncio.create_task(sit(keys))
        try:
            async with asyncio.timeout(GUARD_S):
                terminal = await terminals.get()
            yield terminal
            if not task.done():
                terminal.types(CTRL_C)
            async with asyncio.timeout(GUARD_S):
                await task
        finally:
            task.cancel()


@contextlib.asynccontextmanager
async def chatting(url: str, **options: object) -> AsyncIterator[tuple[Terminal, Visitor]]:
    """Somebody at a terminal, in a sealed chat with a visitor."""
    about = topic()
    async with Visitor(url) as partner, at_a_terminal(url, about, **options) as terminal:  # type: ignore[arg-type]
        terminal.types(ENTER)
        await look(partner, about)
        await hears(partner, Sealed)
        await terminal.sees("Private" if options.get("lang") != "fr" else "Privé")
        yield terminal, partner


async def test_the_start_says_what_this_is(url: str) -> None:
    async with at_a_terminal(url, "jazz") as terminal:
        await terminal.sees("Meet someone", "18 or over", "You like jazz", "online", "Enter: begin")


async def test_a_chat(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        await terminal.sees("talking with a stranger", "You both like")
        terminal.types("hello", ENTER)
        assert (await hears(partner, Text)).text == "hello"
        await terminal.sees("You       hello ✓✓")
        partner.say("hello to you")
        await terminal.sees("Stranger  hello to you")


async def test_a_chat_in_french(url: str) -> None:
    async with chatting(url, lang="fr") as (terminal, partner):
        await terminal.sees("Dis bonjour\u202f!", "Échap 2 fois : arrêter")
        terminal.types("/vérifier", ENTER)
        await terminal.sees("S’ils diffèrent")
        await partner.leave()
        await terminal.sees("L’autre personne est partie.", "C’est fini.")


async def test_typing_is_told_both_ways(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        await partner.typing(True)
        await terminal.sees("The stranger is typing…")
        partner.say("done")
        await terminal.sees_no("The stranger is typing…")
        terminal.types("h")
        assert (await hears(partner, Typing)).on
        terminal.types("\x7f")
        assert not (await hears(partner, Typing)).on


async def test_what_is_typed_and_sent_in_one_breath_leaves_no_typing_behind(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        terminal.types("hello" + ENTER)
        await hears(partner, Text)
        terminal.types("/help" + ENTER + "once more" + ENTER)
        async with asyncio.timeout(GUARD_S):
            while not isinstance(event := await partner.next_event(), Text):
                assert not isinstance(event, Typing)


async def test_a_stranger_s_control_characters_do_not_reach_the_terminal(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        partner.say("\x1b[2J\x1b]0;owned\x07\x9b31m\x00\x08\x7f \u202eabc\r\nnext")
        await terminal.sees("[2J]0;owned31m ‹RLO›abc", "next", "Stranger")


async def test_escape_twice_stops(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        terminal.types(ESC)
        await terminal.sees("Esc again to stop")
        terminal.types(ESC)
        await terminal.sees("Stopped.", "Enter: look for someone")
        assert (await hears(partner, Ended)).reason == "left"


@pytest.mark.parametrize("times", [2, 3, 5])
async def test_escape_at_once_stops_and_searches_for_nobody(times: int, url: str) -> None:
    """Whoever panics must not meet the next stranger."""
    async with chatting(url) as (terminal, partner):
        terminal.types(ESC * times)
        assert (await hears(partner, Ended)).reason == "left"
        await terminal.sees("Stopped.", "Enter: look for someone")


async def test_escape_once_is_forgotten(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        terminal.types(ESC)
        await terminal.sees("Esc again to stop")
        terminal.types("h")
        await terminal.sees_no("Esc again")
        terminal.types("i", ENTER)
        assert (await hears(partner, Text)).text == "hi"


async def test_next_stop_and_enter(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        terminal.types("/stop", ENTER)
        await terminal.sees("Stopped.", "Enter: look for someone")
        assert (await hears(partner, Ended)).reason == "left"
        terminal.types(ENTER)
        await terminal.sees("Looking for someone…")
        await terminal.sees_no("Stopped.")
        terminal.types("/next", ENTER)
        await terminal.sees("Looking for someone…")


async def test_again(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        await partner.leave()
        await terminal.sees("The stranger has left.", "/again")
        terminal.types("/again", ENTER)
        await terminal.sees("waiting to see whether they ask too")
        await partner.again()
        await terminal.sees("the same person again", "Private")


async def test_again_with_nobody(url: str) -> None:
    async with at_a_terminal(url) as terminal:
        terminal.types("/again", ENTER)
        await terminal.sees("There is nobody to ask for again.")


async def test_verify(url: str) -> None:
    about = topic()
    async with Visitor(url) as partner, at_a_terminal(url, about) as terminal:
        terminal.types("/verify", ENTER)
        await terminal.sees("The chat is not private yet.")
        terminal.types("/verify differs", ENTER)
        terminal.types(ENTER)
        await look(partner, about)
        emoji = (await hears(partner, Sealed)).emoji
        await terminal.sees("Private")
        terminal.types("/verify", ENTER)
        await terminal.sees("does not go", *[f"{EMOJI[n]} {EN.say(f'emoji.{EMOJI[n]}')}" for n in emoji])
        terminal.types("/verify differs", ENTER)
        await terminal.sees("The emoji differ")
        await hears(partner, Ended)


async def test_report(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        terminal.types("/report", ENTER)
        await terminal.sees("nudity, minor, hate, violence, spam, other")
        terminal.types("/report spam", ENTER)
        await terminal.sees("won’t meet again", "The chat is over")
        await hears(partner, Ended)


async def test_a_report_of_nobody(url: str) -> None:
    async with at_a_terminal(url) as terminal:
        terminal.types("/report spam", ENTER)
        await terminal.sees("There is nobody to report.")


async def test_help_and_a_slip(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        terminal.types("/help", ENTER)
        await terminal.sees("/next", "/again", "/stop", "/verify", "/report", "/quit", "Page Up")
        terminal.types("/nxet", ENTER)
        await terminal.sees("There is no /nxet.", "> /nxet")
        terminal.types("\x15", "//etc", ENTER)
        assert (await hears(partner, Text)).text == "/etc", "and nothing of what was mistyped"


async def test_a_text_that_is_too_long_stays(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        terminal.types("\x1b[200~" + "é" * (TEXT_MAX_BYTES // 2 + 2) + "\x1b[201~", ENTER)
        await terminal.sees("Not sent: 4 bytes too long.")
        terminal.types("\x7f", "\x7f", ENTER)
        assert len((await hears(partner, Text)).text.encode()) == TEXT_MAX_BYTES


async def test_several_lines(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        terminal.types("one", ESC + ENTER, "two", ENTER)
        assert (await hears(partner, Text)).text == "one\ntwo"


async def test_writing_to_nobody(url: str) -> None:
    async with at_a_terminal(url) as terminal:
        terminal.types("hello?", ENTER)
        await terminal.sees("there is nobody to write to", "> hello?")


@pytest.mark.parametrize("back", [PAGE_UP, WHEEL_UP])
async def test_scrolling(url: str, back: str) -> None:
    async with chatting(url) as (terminal, partner):
        for n in range(60):
            partner.say(f"line-{n}.")
        await terminal.sees("line-59.")
        terminal.types(back * 8)
        await terminal.sees("more lines (Page Down)")
        await terminal.sees_no("line-59.")
        shown = [row for row in terminal.screen.text.splitlines() if "line-" in row]
        partner.say("line-60.")
        await terminal.sees("more lines (Page Down)")
        assert [row for row in terminal.screen.text.splitlines() if "line-" in row] == shown, (
            "what is read stays in place"
        )
        terminal.types(PAGE_DOWN * 8)
        await terminal.sees("line-60.")


@pytest.mark.parametrize(("rows", "columns"), [(10, 40), (60, 200), (5, 12)])
async def test_small_and_large_screens(url: str, rows: int, columns: int) -> None:
    about = topic()
    async with Visitor(url) as partner, at_a_terminal(url, about, rows=rows, columns=columns) as terminal:
        terminal.types(ENTER)
        await look(partner, about)
        await hears(partner, Sealed)
        partner.say("hello")
        await terminal.sees("hello")
        terminal.types("hi", ENTER)
        assert (await hears(partner, Text)).text == "hi"
        await terminal.sees("hi")


async def test_a_link_is_folded_until_it_is_shown(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        partner.say("look at example.com")
        await terminal.sees("A link or contact. /show shows it.")
        assert "example.com" not in terminal.screen.text
        terminal.types("/show", ENTER)
        await terminal.sees("look at example.com")


async def test_a_link_is_folded_in_french_until_it_is_shown(url: str) -> None:
    async with chatting(url, lang="fr") as (terminal, partner):
        partner.say("mon snap : bellejulie")
        await terminal.sees("Un lien ou un contact.")
        terminal.types("/montrer", ENTER)
        await terminal.sees("bellejulie")


async def test_nobody_searches_before_saying_to_be_of_age(url: str) -> None:
    async with at_a_terminal(url) as terminal:
        terminal.types("/next", ENTER)
        await terminal.sees("First press Enter: it says that you are 18 or older.", "Enter: look for someone")
        assert terminal.program.model.stage == "start"
        terminal.types(ENTER)
        await terminal.sees("Looking for someone")
        terminal.types("/stop", ENTER)
        await terminal.sees("Stopped.")
        terminal.types("/next", ENTER)
        await terminal.sees("Looking for someone")


PAUSED = '{"ok":false,"code":"paused","message":"","retry_after_s":540,"reason":"spam","open":[],"whose":"visit"}'


async def test_a_search_that_is_paused_says_why_and_until_when_and_is_not_tried_again() -> None:
    async with scripted_server() as server:
        coming = asyncio.create_task(server.comes())
        reading = asyncio.create_task(search_and_read_why(server.url))
        connection = await coming
        await connection.greet()
        asked = await connection.hears("42")
        await connection.say(f"43{asked[2 : asked.index('[')]}[{PAUSED}]")
        leave = await connection.hears("42")
        assert leave.endswith('["leave",null]')
        await connection.say(f'43{leave[2 : leave.index("[")]}[{{"ok":true}}]')
        await reading
        assert await connection.hear() == "41", "what follows is the goodbye, not another find"


async def search_and_read_why(url: str) -> None:
    async with at_a_terminal(url) as terminal:
        terminal.types(ENTER)
        await terminal.sees("reported several times: advertising", "/legal says how to write to")
        assert re.search(r"look for people again at \d\d:\d\d\.", terminal.screen.text)
        assert terminal.program.model.stage == "stopped"


async def test_a_pause_on_connecting_is_told() -> None:
    told = '"resumed":null,"paused":{"retry_after_s":540,"reason":"nudity","open":["text"],"whose":"address"}'
    async with scripted_server() as server:
        coming = asyncio.create_task(server.comes())
        reading = asyncio.create_task(reads(server.url, "Text chats stay open", "Others share your network address"))
        await (await coming).greet(welcome().replace('"resumed":null', told))
        await reading


async def reads(url: str, *texts: str) -> None:
    async with at_a_terminal(url) as terminal:
        await terminal.sees(*texts)


async def test_our_own_link(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted_server() as server:
        coming = asyncio.create_task(server.comes())
        entering = asyncio.create_task(enter_and_lose(server.url))
        connection = await coming
        await connection.greet()
        await connection.close()
        await entering


async def enter_and_lose(url: str) -> None:
    async with at_a_terminal(url) as terminal:
        await terminal.sees("No connection.")


async def test_ctrl_d_quits_only_an_empty_input(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        terminal.types("ab", "\x01", CTRL_D, ENTER)
        assert (await hears(partner, Text)).text == "b"
        terminal.types(CTRL_D)
        assert (await hears(partner, Ended)).reason == "left"


async def test_quit(url: str) -> None:
    async with chatting(url) as (terminal, partner):
        terminal.types("/quit", ENTER)
        assert (await hears(partner, Ended)).reason == "left"


async def test_nobody_else_is_here(monkeypatch: pytest.MonkeyPatch, page: object) -> None:
    from tests.test_server import running

    monkeypatch.setattr(program, "ALONE_S", 0.0)
    with running(page, "--stun-port", "0") as server:  # type: ignore[arg-type]
        async with at_a_terminal(server.url) as terminal:
            terminal.types(ENTER)
            await terminal.sees("Nobody else is here just now.")
        assert server.stop() == 0


async def test_interests_that_the_server_does_not_want(url: str) -> None:
    async with at_a_terminal(url, "x" * 200) as terminal:
        terminal.types(ENTER)
        await terminal.sees("didn’t understand one of your interests")
