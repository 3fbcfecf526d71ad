"""Screenshots of every screen: phone and wide, light and dark, French, English and Arabic. `make screens`."""

import asyncio
import itertools
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.films import ANA, BEN, write_film
from tests.e2e.people import (
    NO_WEBRTC,
    Person,
    Street,
    launch,
    of_another_version,
    serving,
)
from tests.e2e.screens_safety import safety
from tests.e2e.shield import BROKEN_WORKER, TELLING_WORKER, tell_risk, worker_is
from tests.until import until

OUT = Path(__file__).parents[2] / "screens"
SIZES = {"phone": {"width": 360, "height": 640}, "wide": {"width": 1280, "height": 800}}
CAMERA_SIZES = {"phone": (480, 640), "wide": (640, 480)}  # a phone is held upright
LOCALES = {"fr": "fr-FR", "en": "en-GB", "ar": "ar-EG"}


class Album:
    """The screenshots of one combination of size, colours and language."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def take(self, person: Person, screen: str, *, whole: bool = False) -> None:
        await person.page.screenshot(path=OUT / f"{screen}-{self._name}.png", full_page=whole)
        sys.stdout.write(f"{screen}-{self._name}.png\n")


async def tour(street: Street, red: Browser, blue: Browser, blind: Browser, album: Album, look: dict[str, Any]) -> None:
    """Every screen that a visitor can come to, in one look."""
    ana = await street.comes(red, **look)
    await ana.is_up()
    await album.take(ana, "landing")
    await sheets(ana, album)
    await ana.start("video", "jazz", "Montréal", "🎷")
    await ana.is_on("searching")
    await album.take(ana, "searching")
    ben = await street.comes(blue, **look)
    await ben.start("video", "Jazz")
    await ana.meets()
    await chatter(ana, ben)
    await album.take(ana, "video")
    await ana.part("more").click()
    await album.take(ana, "more")
    await ana.part("more-close").click()
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


async def sheets(ana: Person, album: Album) -> None:
    """The sheet before the first search, for each mode; "not yet" closes it."""
    for mode in ("video", "text"):
        await ana.part(f"start-{mode}").click()
        await ana.sees("entry")
        await album.take(ana, f"entry-{mode}")
        await ana.part("entry-later").click()


async def server_pages(street: Street, blind: Browser, album: Album, look: dict[str, Any]) -> None:
    """The pages that the server renders, whole."""
    for page in ("safety", "terms", "legal", "status"):
        ana = await street.comes(blind, f"{street.url}/{page}", **look)
        await album.take(ana, page, whole=True)


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
    await spam(street, blind, album, look)
    lost = await street.comes(blind, street.url + "/nowhere", **look)
    await album.take(lost, "404")


async def ladder(street: Street, red: Browser, blue: Browser, album: Album, look: dict[str, Any]) -> None:
    """A text chat in which the two add sound, then video."""
    ana, ben = await street.comes(red, **look), await street.comes(blue, **look)
    await ana.start("text", "tea")
    await ben.start("text", "tea")
    await ben.say("Salut ! Tu préfères écrire ou parler ?")
    await ana.reads("Salut")
    await ben.part("step-1").click()
    await ben.sees("step-cancel")
    await album.take(ben, "step-waits")
    await ana.sees("step-ask")
    await album.take(ana, "step-asked")
    await ana.part("step-yes").click()
    await expect(ana.page.locator("[data-call=connected]")).to_be_visible(timeout=20_000)
    await ana.say("I can hear you")
    await ben.reads("I can hear you")
    await album.take(ana, "step-voice")
    await ana.part("step-2").click()
    await ben.sees("step-ask")
    await album.take(ben, "step-voice-asked")
    await ben.part("step-yes").click()
    await until(partial(shows_film, ana), "the call's video")
    await album.take(ana, "step-video")
    await ben.part("step-0").click()
    await ana.sees("step-word")
    await album.take(ana, "step-back")


async def spam(street: Street, blind: Browser, album: Album, look: dict[str, Any]) -> None:
    """A link before the visitor has written, and what it looks like."""
    kim, bot = await street.comes(blind, **look), await street.comes(blind, **look)
    await kim.start("text", "spam")
    await bot.start("text", "spam")
    await kim.meets()
    await bot.say("Hello you 😘")
    await bot.say("look at https://example.com and write to me")
    await kim.sees("folded")
    await album.take(kim, "folded")
    await kim.part("folded").click()
    await album.take(kim, "unfolded")


async def shielded(street: Street, red: Browser, blue: Browser, album: Album, look: dict[str, Any]) -> None:
    """The shield: looking, clear, an alarm, two of them, too blurred, hidden by hand, and without its model."""
    ana, ben = await street.comes(red, before=worker_is(TELLING_WORKER), **look), await street.comes(blue, **look)
    await ana.start("video")
    await ana.is_on("searching")
    await tell_risk(ana, None)
    await ben.start("video")
    await ana.meets()
    await until(partial(shows_film, ana), "the call's video")
    await until(partial(is_covered, ana, "new"), "a cover")
    await album.take(ana, "shield-looking")
    await tell_risk(ana, 0)
    await until(partial(is_covered, ana, None), "a clear picture")
    await album.take(ana, "shield-clear")
    await ana.part("shield-hide").click()
    await album.take(ana, "shield-hidden")
    await ana.part("shield-show").click()
    for name in ("shield-alarm", "shield-two-alarms"):
        await until(partial(is_covered, ana, None), "a clear picture")
        await tell_risk(ana, 0.9)
        await until(partial(is_covered, ana, "alarm"), "an alarm")
        await album.take(ana, name)
        await tell_risk(ana, 0)
    await ana.part("stop").click()
    eve = await street.comes(red, before=worker_is(BROKEN_WORKER), **look)
    await eve.start("video")
    await ben.next()
    await eve.meets()
    await until(partial(shows_film, eve), "the call's video")
    await until(partial(is_covered, eve, "missing"), "no model")
    await album.take(eve, "shield-no-model")


async def is_covered(person: Person, why: str | None) -> bool:
    said: str | None = await person.part("remote-picture").get_attribute("data-covered")
    return said == why


async def rare(street: Street, blind: Browser, album: Album, look: dict[str, Any]) -> None:
    """What most people never see."""
    insecure = await street.comes(blind, f"http://omefree.test:{urlsplit(street.url).port}", **look)
    await insecure.is_up()
    await album.take(insecure, "insecure")
    bare = await street.comes(blind, **look)
    await bare.page.context.add_init_script(NO_WEBRTC)
    await bare.page.reload()
    await bare.is_up()
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


async def look_round(
    street: Street, cameras: tuple[Browser, Browser], blind: Browser, album: Album, look: dict[str, Any]
) -> None:
    """All screens in one look."""
    ana, ben = cameras
    await tour(street, ana, ben, blind, album, look)
    await server_pages(street, blind, album, look)
    await ladder(street, ana, ben, album, look)
    await shielded(street, ana, ben, album, look)
    await rare(street, blind, album, look)
    await safety(street, ana, blind, album.take, look)


async def main(looks: list[str]) -> None:
    """All looks, or those named: `phone-light-fr`."""
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as films:
        async with async_playwright() as playwright:
            blind = await launch(playwright)
            for size, viewport in SIZES.items():
                camera = CAMERA_SIZES[size]
                ana = await launch(playwright, write_film(Path(films, f"ana-{size}.y4m"), ANA, *camera))
                ben = await launch(playwright, write_film(Path(films, f"ben-{size}.y4m"), BEN, *camera))
                for scheme, lang in itertools.product(("light", "dark"), LOCALES):
                    look = {"viewport": viewport, "color_scheme": scheme, "locale": LOCALES[lang]}
                    name = f"{size}-{scheme}-{lang}"
                    if looks and name not in looks:
                        continue
                    album = Album(name)
                    async with serving() as url:
                        street = Street(url)
                        await look_round(street, (ana, ben), blind, album, look)
                        await street.close()
                    await alone_then_unreachable(blind, album, look)
                for browser in (ana, ben):
                    await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
