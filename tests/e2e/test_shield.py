"""The shield on a real camera, with the real model: what covers a picture, what clears it, what goes wrong.

Where a test needs an alarm, the worker is a fake one that says what the test wants: there is no such picture here.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from tests.e2e.people import CAMERA, GUARD_S, SHELL, Person, Street, launch
from tests.e2e.shield import TELLING_WORKER, WATCH_WORKERS, tell_risk, worker_is
from tests.rows import first
from tests.until import until

MS = GUARD_S * 1000
VISIBILITY = "(video) => getComputedStyle(video).visibility"
NO_WASM = "default-src 'none'; script-src 'self'; connect-src 'self'"
Prepare = Callable[[Page], Awaitable[None]]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def film() -> AsyncIterator[Browser]:
    """A browser whose camera shows Chromium's own moving test picture: sharp and calm."""
    async with async_playwright() as playwright:
        browser = await launch(playwright, None, *CAMERA, program=SHELL)
        yield browser
        await browser.close()


async def nothing(page: Page) -> None:
    pass


async def meet(street: Street, film: Browser, before: Prepare = nothing, *, shield: bool = True) -> Person:
    """Ana, in a video chat, her page prepared by `before`. Her partner has no shield: it is she who looks."""
    ana, ben = await street.comes(film, before=before), await street.comes(film)
    for person, wanted in ((ana, shield), (ben, False)):
        await person.part("shield").set_checked(wanted)
        await person.start("video")
    await ana.meets()
    return ana


async def covered(person: Person, why: str) -> None:
    await expect(person.part("remote-picture")).to_have_attribute("data-covered", why, timeout=MS)
    assert await person.part("remote-video").evaluate(VISIBILITY) == "hidden"


async def clear(person: Person) -> None:
    await expect(person.part("remote-video")).to_have_css("visibility", "visible", timeout=MS)


async def plays(person: Person) -> bool:
    return await person.frames() >= 3


def noting(asked: list[str]) -> Prepare:
    async def note(page: Page) -> None:
        page.context.on("request", lambda request: asked.append(request.url))

    return note


async def after(event: asyncio.Event, route: Route) -> None:
    """The file comes only then."""
    await event.wait()
    await route.continue_()


async def test_a_calm_picture_clears_and_can_be_hidden_and_shown(street: Street, film: Browser) -> None:
    asked: list[str] = []
    looked_at = asyncio.Event()

    async def before(page: Page) -> None:
        await noting(asked)(page)
        await page.route("**/assets/shield-*.bin", partial(after, looked_at))

    ana = await meet(street, film, before)
    assert await ana.part("remote-video").evaluate(VISIBILITY) == "hidden"
    assert await ana.part("remote-video").evaluate("(video) => video.disablePictureInPicture")
    assert not await ana.part("remote-video").evaluate("(video) => video.muted")
    looked_at.set()
    await clear(ana)
    assert not await ana.part("remote-video").evaluate("(video) => video.disablePictureInPicture")
    assert len([url for url in asked if "/assets/shield-" in url]) == 3
    asked.clear()
    await ana.part("shield-hide").click()
    await covered(ana, "hidden")
    await ana.part("shield-show").press("Enter")
    await clear(ana)
    assert asked == []  # it goes on looking, and nothing leaves the device


async def test_nothing_is_fetched_when_it_is_off(street: Street, film: Browser) -> None:
    asked: list[str] = []
    ana = await meet(street, film, noting(asked), shield=False)
    await until(partial(plays, ana), "the picture, at once")
    await clear(ana)
    await expect(ana.part("shield-hide")).to_have_count(0)
    assert asked
    assert [url for url in asked if "shield" in url] == []


async def test_nothing_is_fetched_in_a_text_chat(street: Street, blind: Browser) -> None:
    asked: list[str] = []
    ana, ben = await street.comes(blind, before=noting(asked)), await street.comes(blind)
    await ana.start("text")
    await ben.start("text")
    await ana.meets()
    assert asked
    assert [url for url in asked if "shield" in url] == []


async def truncated(route: Route) -> None:
    answer = await route.fetch()
    await route.fulfill(response=answer, body=(await answer.body())[:-1])


async def altered(route: Route) -> None:
    answer = await route.fetch()
    body = await answer.body()
    await route.fulfill(response=answer, body=body[:-1] + bytes([body[-1] ^ 1]))


async def gone(route: Route) -> None:
    await route.fulfill(status=404)


async def without_wasm(route: Route) -> None:
    answer = await route.fetch()
    await route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": NO_WASM})


@pytest.mark.parametrize(
    ("file", "wrong", "why"),
    first(
        3,
        [
            ("bin", gone, "missing"),
            ("bin", altered, "damaged"),
            ("js", without_wasm, "refused"),
            ("js", gone, "missing"),
            ("bin", truncated, "damaged"),
            ("wasm", gone, "refused"),
        ],
    ),
)
async def test_what_cannot_be_looked_at_is_covered_until_it_is_tapped(
    street: Street, film: Browser, file: str, wrong: Callable[[Route], Awaitable[None]], why: str
) -> None:
    async def before(page: Page) -> None:
        await page.context.route(f"**/assets/shield-*.{file}", wrong)

    ana = await meet(street, film, before)
    await covered(ana, why)
    await ana.sees("shield-word", "stays covered")
    await ana.part("shield-show").click()
    await clear(ana)


async def test_a_worker_that_is_killed_covers(street: Street, film: Browser) -> None:
    async def before(page: Page) -> None:
        await page.add_init_script(WATCH_WORKERS)

    ana = await meet(street, film, before)
    await clear(ana)
    await ana.page.evaluate("workers.forEach((worker) => worker.terminate())")
    await covered(ana, "silent")


async def test_an_alarm_covers_at_once_and_two_offer_one_tap(street: Street, film: Browser) -> None:
    ana = await meet(street, film, worker_is(TELLING_WORKER))
    await clear(ana)
    await tell_risk(ana, 0.9)
    await covered(ana, "alarm")
    await expect(ana.part("shield-twice")).to_have_count(0)
    await tell_risk(ana, 0)
    await clear(ana)
    await tell_risk(ana, 0.9)
    await covered(ana, "alarm")
    await expect(ana.page.locator("main")).not_to_have_attribute("data-ended", "reported")  # never by itself
    await ana.part("shield-close").click()
    await expect(ana.part("shield-twice")).to_have_count(0)
    await tell_risk(ana, 0)
    await clear(ana)
    await tell_risk(ana, 0.9)  # another one brings it back
    await ana.sees("shield-twice")
    await ana.part("shield-show").press("Enter")
    await expect(ana.part("shield-hide")).to_be_focused()
    await ana.part("shield-leave").click()
    await ana.is_on("searching")


async def test_picture_in_picture_ends_when_the_picture_is_covered(street: Street, film: Browser) -> None:
    ana = await meet(street, film, worker_is(TELLING_WORKER))
    await clear(ana)
    video = ana.part("remote-video")
    await video.click()  # a browser opens such a window after a gesture alone
    await video.evaluate("(video) => video.requestPictureInPicture()")
    await tell_risk(ana, 0.9)
    await covered(ana, "alarm")
    await until(lambda: out_of_window(ana), "the window closed")
    with pytest.raises(Exception, match=r"InvalidStateError|disablePictureInPicture"):
        await video.evaluate("(video) => video.requestPictureInPicture()")


async def out_of_window(person: Person) -> bool:
    return bool(await person.page.evaluate("document.pictureInPictureElement === null"))


async def test_in_full_screen_the_picture_is_covered_too(street: Street, film: Browser) -> None:
    ana = await meet(street, film, worker_is(TELLING_WORKER))
    await clear(ana)
    await ana.part("remote-video").click()
    await ana.part("remote-video").evaluate("(video) => video.requestFullscreen()")
    await tell_risk(ana, 0.9)
    await covered(ana, "alarm")


async def test_who_saves_data_is_asked_first(street: Street, film: Browser) -> None:
    asked: list[str] = []

    async def before(page: Page) -> None:
        await noting(asked)(page)
        await page.add_init_script("Object.defineProperty(navigator, 'connection', {value: {saveData: true}})")

    ana = await meet(street, film, before)
    await covered(ana, "asking")
    assert [url for url in asked if "/assets/shield-" in url] == []
    await ana.part("shield-fetch").click()
    await clear(ana)
