"""Screenshots of every screen: phone and wide, light and dark, French and English. `make screens`."""

import asyncio
import itertools
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.people import BLUE, NO_WEBRTC, RED, Person, Street, launch, of_another_version, serving, write_camera
from tests.until import until

OUT = Path(__file__).parents[2] / "screens"
SIZES = {"phone": {"width": 360, "height": 740}, "wide": {"width": 1280, "height": 800}}
LOCALES = {"fr": "fr-FR", "en": "en-GB"}


class Album:
    """The screenshots of one combination of size, colours and language."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def take(self, person: Person, screen: str) -> None:
        await person.page.screenshot(path=OUT / f"{screen}-{self._name}.png")
        sys.stdout.write(f"{screen}-{self._name}.png\n")


async def tour(street: Street, red: Browser, blue: Browser, blind: Browser, album: Album, look: dict[str, Any]) -> None:
    """Every screen that a visitor can come to, in one look."""
    ana = await street.comes(red, **look)
    await ana.sees("online")
    await album.take(ana, "landing")
    await ana.start("video", "jazz", "Montréal", "🎷")
    await ana.is_on("searching")
    await album.take(ana, "searching")
    ben = await street.comes(blue, **look)
    await ben.start("video", "Jazz")
    await ana.meets()
    await chatter(ana, ben)
    await album.take(ana, "video")
    await ana.part("lock").click()
    await ana.sees("seal-matches")
    await album.take(ana, "lock-video")
    await ana.part("seal-matches").click()
    await album.take(ana, "compared")
    await ana.part("report").click()
    await album.take(ana, "report")
    await ana.page.keyboard.press("Escape")
    await ben.part("stop").click()
    await ana.sees("partner-banner")
    await album.take(ana, "left")
    await text_and_faults(street, blind, album, look)


async def chatter(ana: Person, ben: Person) -> None:
    await ben.say("Salut ! Tu écoutes quoi en ce moment ?")
    await ana.reads("Salut")
    await ana.say("Coltrane, and the rain")
    await ben.say("😄")
    await ana.reads("😄")
    await until(partial(shows_film, ana), "the call's video")


async def shows_film(person: Person) -> bool:
    return await person.frames() >= 5


async def text_and_faults(street: Street, blind: Browser, album: Album, look: dict[str, Any]) -> None:
    eve, tom = await street.comes(blind, **look), await street.comes(blind, **look)
    await eve.start("video")
    await eve.is_on("device")
    await album.take(eve, "device")
    await eve.page.reload()
    await eve.start("text", "tea")
    await tom.start("text", "tea")
    await eve.meets()
    await tom.say("Hello, stranger")
    await eve.reads("Hello, stranger")
    await eve.say("Bonjour !")
    await tom.part("text-input").press_sequentially("and")
    await album.take(eve, "text")
    await eve.part("lock").click()
    await album.take(eve, "lock-text")
    await eve.part("seal-close").click()
    await eve.part("text-input").fill("é" * 6_010)
    await album.take(eve, "too-long")
    lost = await street.comes(blind, street.url + "/nowhere", **look)
    await album.take(lost, "404")


async def rare(street: Street, blind: Browser, album: Album, look: dict[str, Any]) -> None:
    """What most people never see."""
    insecure = await street.comes(blind, f"http://omefree.test:{urlsplit(street.url).port}", **look)
    await insecure.sees("online")
    await album.take(insecure, "insecure")
    bare = await street.comes(blind, **look)
    await bare.page.context.add_init_script(NO_WEBRTC)
    await bare.page.reload()
    await bare.sees("online")
    await album.take(bare, "no-webrtc")
    await of_another_version(bare.page)
    await bare.is_on("outdated")
    await album.take(bare, "outdated")


async def alone_then_unreachable(blind: Browser, album: Album, look: dict[str, Any]) -> None:
    async with serving() as url:
        street = Street(url)
        ana = await street.comes(blind, **look)
        await ana.start("text")
        await expect(ana.page.get_by_role("status").first).not_to_be_empty(timeout=10_000)
        await album.take(ana, "alone")
        await ana.part("stop").click()
    await ana.is_on("unreachable")
    await album.take(ana, "unreachable")
    await street.close()


async def main(looks: list[str]) -> None:
    """All looks, or those named: `phone-light-fr`."""
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as films:
        async with async_playwright() as playwright:
            red = await launch(playwright, write_camera(Path(films, "red.y4m"), RED))
            blue = await launch(playwright, write_camera(Path(films, "blue.y4m"), BLUE))
            blind = await launch(playwright)
            for size, scheme, lang in itertools.product(SIZES, ("light", "dark"), LOCALES):
                look = {"viewport": SIZES[size], "color_scheme": scheme, "locale": LOCALES[lang]}
                name = f"{size}-{scheme}-{lang}"
                if looks and name not in looks:
                    continue
                album = Album(name)
                async with serving() as url:
                    street = Street(url)
                    await tour(street, red, blue, blind, album, look)
                    await rare(street, blind, album, look)
                    await street.close()
                await alone_then_unreachable(blind, album, look)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
