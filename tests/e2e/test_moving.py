"""Two servers are one chat. One of them ends, or dies, and its visitors go on at the other.

Nobody sees anything of it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Browser, Page

from tests.client.scripted_server import listening
from tests.e2e.people import Person, Street, TcpProxy, are_sealed, decodes, running
from tests.exchange.engines import Engine
from tests.until import until

# All that the page shows of itself, whenever anything in it changes: what is not painted in between does not count.
WATCH = """
() => {
  window.looks = new Set();
  const said = (testid) => (document.querySelector(`[data-testid=${testid}]`)?.innerText ?? "").trim();
  const look = () => {
    const { screen, link } = document.querySelector("[data-screen]").dataset;
    looks.add([screen, link, ...["partner-banner", "call-word", "notice"].map(said)].join("|"));
  };
  look();
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(look).observe(document, all);
}
"""
TEXTS = 20  # of each
CALM = "chat|up|||"


class Two:
    """`door` leads to the first server until a test has it lead to the second one."""

    def __init__(self, door: TcpProxy, urls: list[str], pids: list[int]) -> None:
        self.door = door
        self.urls = urls
        self.first = f"http://localhost:{door.port}"
        self.second = urls[1]
        self._pid = pids[0]

    def end_first(self, number: signal.Signals) -> None:
        self.door.lead_to(urlsplit(self.second).port or 0)
        os.kill(self._pid, number)

    def has_ended(self) -> bool:
        """Whether the first server has gone."""
        return not Path(f"/proc/{self._pid}").exists()


@asynccontextmanager
async def two(folder: Path, *flags: str) -> AsyncIterator[Two]:
    engine = Engine("valkey", folder)
    secret = folder / "secret"
    secret.write_text(secrets.token_urlsafe(32))
    secret.chmod(0o600)
    async with AsyncExitStack() as stack:
        await engine.start()
        stack.push_async_callback(engine.close)
        shared = ("--exchange", engine.url, "--exchange-secret-file", str(secret), "--quota-scale", "100", *flags)
        made = [await stack.enter_async_context(running("--node", tag, *shared)) for tag in "ab"]
        door = TcpProxy(urlsplit(made[0][0]).port or 0)
        await door.open()
        stack.push_async_callback(door.close)
        yield Two(door, [url for url, _ in made], [pid for _, pid in made])


@asynccontextmanager
async def by_polling(servers: Two) -> AsyncIterator[str]:
    """A balancer for long-polling alone: who has a session is led to its server, everybody else through the door."""
    homes = {"a": servers.urls[0], "b": servers.urls[1]}

    async def serve(request: web.Request) -> web.StreamResponse:
        home = homes.get(request.query.get("sid", "").split(".")[0], servers.first)
        async with session.request(request.method, home + request.path_qs, data=await request.read()) as answer:
            return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)

    connector = aiohttp.TCPConnector(force_close=True)  # so that each request goes where the door leads by then
    async with aiohttp.ClientSession(connector=connector) as session, listening(serve) as port:
        yield f"http://localhost:{port}"


async def without_websockets(page: Page) -> None:
    await page.add_init_script("delete window.WebSocket")


async def meet(
    street: Street, servers: Two, mode: str, ana: Browser, ben: Browser, balancer: str | None = None
) -> tuple[Person, Person]:
    """Ana at the first server and Ben at the second one, in one chat. From now on their pages are watched.

    Ana comes by long-polling if there is a balancer for it.
    """
    if balancer is None:
        first = await street.comes(ana, servers.first)
    else:
        first = await street.comes(ana, balancer, without_websockets)
    people = first, await street.comes(ben, servers.second)
    for person in people:
        await person.start(mode)
    await are_sealed(*people)
    if mode == "video":
        for person in people:
            await until(partial(decodes, person, 1), "the first frame")
    for person in people:
        await person.page.evaluate(WATCH)
    return people


async def write(person: Person, letter: str) -> None:
    for number in range(TEXTS):
        await person.say(f"{letter}{number:02}.")


async def looks(person: Person) -> list[str]:
    seen: list[str] = await person.page.evaluate("[...looks]")
    return seen


@pytest.mark.parametrize("polls", [False, True])
async def test_a_server_that_ends_hands_a_text_chat_over_in_the_middle_of_its_words(
    tmp_path: Path, blind: Browser, polls: bool
) -> None:
    async with two(tmp_path, "--drain-s", "6", "--drain-notice-s", "0") as servers, by_polling(servers) as balancer:
        street = Street(servers.second)
        ana, ben = await meet(street, servers, "text", blind, blind, balancer if polls else None)
        writing = asyncio.gather(write(ana, "a"), write(ben, "b"))
        await ben.reads("a03.")
        servers.end_first(signal.SIGTERM)
        await until(servers.has_ended, "the first server has ended")
        await writing
        for reader, letter in ((ana, "b"), (ben, "a")):
            await reader.reads(f"{letter}{TEXTS - 1:02}.")
            texts = [text[:4] for text in await reader.part("text").all_inner_texts()]
            own = [f"{letter}{number:02}." for number in range(TEXTS)]
            assert [text for text in texts if text.startswith(letter)] == own, "in order and once"
            assert len(texts) == 2 * TEXTS
        for person in (ana, ben):
            assert await looks(person) == [CALM]
        await street.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_call_goes_on_without_a_word_when_its_server_ends_or_dies(
    tmp_path: Path, red: Browser, blue: Browser, number: signal.Signals
) -> None:
    async with two(tmp_path, "--drain-s", "5", "--drain-notice-s", "0") as servers:
        street = Street(servers.second)
        ana, ben = await meet(street, servers, "video", red, blue)
        servers.end_first(number)
        await until(servers.has_ended, "the first server has ended")
        await ana.say("still here")
        await ben.reads("still here")
        await ben.say("so am I")
        await ana.reads("so am I")
        for person in (ana, ben):
            await until(partial(decodes, person, await person.frames() + 1), "the picture still moves")
            assert len(await person.page.evaluate("callsMade()")) == 1
            seen = [look.split("|") for look in await looks(person)]
            assert {(screen, *words) for screen, _, *words in seen} == {("chat", "", "", "")}
            if number is signal.SIGTERM:
                assert {link for _, link, *_ in seen} == {"up"}
        await street.close()
