"""A link that breaks and heals: nothing is lost in silence, nothing comes twice."""

import asyncio
from functools import partial
from urllib.parse import urlsplit

from playwright.async_api import Browser

from tests.e2e.people import Person, Street, TcpProxy, serving
from tests.until import until

TEXTS = 50


async def test_fifty_messages_each_way_survive_a_cut(blind: Browser) -> None:
    async with serving("--quota-scale", "100") as url:  # so that nothing but the cut is in the way
        street = Street(url)
        link = TcpProxy(urlsplit(url).port or 0)
        ana = await street.comes(blind, f"http://localhost:{await link.open()}")
        ben = await street.comes(blind)
        await ana.start("text")
        await ben.start("text")
        await ana.meets()
        await ben.meets()
        await asyncio.gather(write(ana, "a"), write(ben, "b"), cut_and_heal(link, ben))
        for reader, letter in ((ana, "b"), (ben, "a")):
            await until(partial(has_all, reader, letter), f"all of {letter}'s texts, in order and once")
        await street.close()
        await link.close()


async def write(person: Person, letter: str) -> None:
    for number in range(TEXTS):
        await person.say(f"{letter}{number:02}.")


async def cut_and_heal(link: TcpProxy, partner: Person) -> None:
    await partner.reads("a10.")
    link.cut()
    await partner.sees("partner-banner")
    link.heal()


async def has_all(person: Person, letter: str) -> bool:
    shown = await person.part("log").inner_text()
    found = [word for word in shown.replace("\n", " ").split() if word[:1] == letter and word.endswith(".")]
    return found == [f"{letter}{number:02}." for number in range(TEXTS)]
