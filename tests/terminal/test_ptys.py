"""Two real processes under real terminals, chatting through a real server."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.client.people import topic
from tests.terminal.tty import Terminal


@asynccontextmanager
async def two(url: str, *sizes: tuple[int, int], **environ: str) -> AsyncIterator[tuple[Terminal, Terminal]]:
    about = topic()
    (rows, columns), (their_rows, their_columns) = sizes
    a = Terminal(rows, columns, url, "--interest", about, **environ)
    b = Terminal(their_rows, their_columns, url, "--interest", about, "--lang", "fr")
    try:
        yield a, b
    finally:
        a.close()
        b.close()


async def test_two_terminals_chat(url: str) -> None:
    async with two(url, (24, 80), (60, 200)) as (a, b):
        await a.sees("18 or over")
        a.types("\r")
        await b.sees("18 ans ou plus")
        b.types("\r")
        await a.sees("Private")
        await b.sees("Privé")
        a.types("hello, é🙂\r")
        await b.sees("L’autre  hello, é🙂")
        await a.sees("You       hello, é🙂 ✓✓")
        b.types("bonjour\r")
        await a.sees("Stranger  bonjour")
        assert a.screen.colours
        a.types("\x1b\x1b")
        await b.sees("L’autre personne est partie.")
        a.types("\x03")
        b.types("/quitter\r")
        assert [await a.ends(), await b.ends()] == [0, 0]
        assert a.process.stderr is not None
        assert a.process.stderr.read() == b""


async def test_a_small_terminal_without_colours_that_grows(url: str) -> None:
    async with two(url, (10, 40), (24, 80), NO_COLOR="1") as (a, b):
        await a.sees("Enter: begin")
        a.types("\r")
        b.types("\r")
        await a.sees("Private")
        a.types("\x1b[200~" + "word " * 30 + "\x1b[201~\r")
        await b.sees("word word")
        a.resize(30, 100)
        await a.sees("Esc Esc: stop", "word word")
        assert not a.screen.colours
        a.types("\x04")
        await b.sees("L’autre personne est partie.")
        assert await a.ends() == 0


async def test_a_terminal_that_is_closed_says_goodbye(url: str) -> None:
    async with two(url, (24, 80), (24, 80)) as (a, b):
        a.types("\r")
        b.types("\r")
        await a.sees("Private")
        await b.sees("Privé")
        a.process.send_signal(signal.SIGHUP)
        await b.sees("L’autre personne est partie.")
        assert await a.ends() == 0


async def test_a_failure_is_one_line() -> None:
    terminal = Terminal(24, 80, "localhost:1", "--lang", "fr")
    assert terminal.process.stderr is not None
    code, said = await terminal.ends(), terminal.process.stderr.read().decode()
    terminal.close()
    assert code == 2
    assert said == "omefree: localhost:1 ne laisse entrer personne : le serveur tourne-t-il ?\n"
    assert terminal.screen.text.strip() == ""
