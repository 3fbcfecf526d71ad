"""/check: what works from this device is told, and what to do about the rest. With real servers and devices."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from omefree.client import Online, Visitor
from tests.e2e.people import Person, Street, running, serving
from tests.e2e.test_page import problems
from tests.net.test_turn import SECRET, answering
from tests.test_server import free_udp_port

GUARD_MS = 90_000  # a server that does not answer takes 15 s to give up, and the machine is busy
SILENCE_MS = 12_000  # how long the page waits for an answer
NARROW = {"width": 320, "height": 640}
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|[0-9a-f]*::[0-9a-f]|\.local|candidate|localhost")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def whole(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a server that has STUN and a relay, over UDP and TCP."""
    async with answering(tmp_path_factory.mktemp("coturn")) as port:
        turn = f"turn:127.0.0.1:{port}"
        flags = ("--turn-url", turn, "--turn-url", f"{turn}?transport=tcp", "--turn-secret", SECRET)
        async with serving(*flags, "--stun-port", str(free_udp_port())) as url:
            yield url


async def opens(street: Street, browser: Browser, url: str, before: object = None, **look: object) -> Person:
    return await street.comes(browser, f"{url}/check", before=before, **look)  # type: ignore[arg-type]


async def are(person: Person, **outcomes: str) -> None:
    for name, outcome in outcomes.items():
        await expect(person.part(f"row-{name}")).to_have_attribute("data-outcome", outcome, timeout=GUARD_MS)


async def test_all_that_works_is_told_and_the_mail_names_no_address(whole: str, street: Street, red: Browser) -> None:
    ana = await opens(street, red, whole)
    await are(ana, browser="good", websocket="good", polling="good", stun="good", turn="good", turn_tcp="good")
    await are(ana, hide="good", camera="waiting", microphone="waiting", speaker="waiting")
    await expect(ana.part("row-turn_tls")).to_have_count(0)  # the server does not offer it, which is no news
    await ana.part("check-devices").click()
    await are(ana, camera="good", microphone="good")
    await expect(ana.part("check-picture")).to_be_visible()
    await ana.part("check-off").click()
    await expect(ana.part("check-picture")).to_have_count(0)
    await ana.part("check-sound").click()
    await ana.part("heard-yes").click()
    await are(ana, speaker="good")
    mail = await ana.part("check-mail").input_value()
    assert re.search(r"^server: omefree/\S+$", mail, re.M)
    assert re.search(r"^browser: Chrome \d+$", mail, re.M)
    assert "camera: good\nmicrophone: good\nspeaker: good" in mail
    assert not ADDRESS.search(mail)
    await ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await ana.part("check-copy").click()
    await expect(ana.part("check-copied")).to_have_text("Copied")
    assert await ana.page.evaluate("navigator.clipboard.readText()") == mail


async def test_a_visitor_of_the_check_is_gone_after_it(red: Browser) -> None:
    """It connects only to look: nobody waits to meet it, and it does not count as here."""
    async with running() as (url, _):
        street = Street(url)
        ana = await opens(street, red, url)
        await expect(ana.part("check-status")).to_contain_text("done", timeout=GUARD_MS)
        async with asyncio.timeout(GUARD_MS / 1000), Visitor(url) as ben:
            while await ben.next_event() != Online(1):
                pass
        await street.close()


async def test_without_a_relay_the_page_says_that_no_address_can_be_hidden(street: Street, blind: Browser) -> None:
    ana = await opens(street, blind, street.url)
    await are(ana, websocket="good", polling="good", stun="none", turn="none", hide="none")
    await ana.sees("says-hide", "this server has no relay")
    await ana.part("check-devices").click()
    await are(ana, camera="bad", microphone="bad")
    await ana.sees("says-camera", "We found no camera.")
    await ana.sees("todo-camera", "Is it plugged in")
    assert "camera: bad (missing)" in await ana.part("check-mail").input_value()


async def test_a_network_that_swallows_websockets_is_found_out(street: Street, blind: Browser) -> None:
    async def swallowed(page: Page) -> None:
        async def never(_: WebSocketRoute) -> None:
            """Neither an answer nor a close."""

        await page.clock.install()
        await page.route_web_socket("**/socket.io/**", never)

    ana = await opens(street, blind, street.url, swallowed)
    await are(ana, websocket="running")
    await ana.page.clock.fast_forward(SILENCE_MS)
    await are(ana, websocket="bad", polling="good", turn="none")
    await ana.sees("says-websocket", "slower connection below can take its place")


async def test_a_relay_that_refuses_is_the_operators_matter(
    tmp_path_factory: pytest.TempPathFactory, blind: Browser
) -> None:
    flags = ("--turn-secret", "another", "--turn-url")
    async with (
        answering(tmp_path_factory.mktemp("coturn")) as port,
        serving(*flags, f"turn:127.0.0.1:{port}") as url,
    ):
        street = Street(url)
        ana = await opens(street, blind, url)
        await are(ana, turn="bad", hide="bad")
        await ana.sees("says-turn", "Whoever runs this server can mend that")
        assert "turn: bad (refused)" in await ana.part("check-mail").input_value()
        await street.close()


async def test_a_server_that_is_gone_leaves_the_page_with_something_to_say(blind: Browser) -> None:
    async with serving() as url:
        street = Street(url)
        ana = await opens(street, blind, url)
        await are(ana, polling="good", hide="none")
    await ana.part("check-again").click()
    await are(ana, websocket="bad", polling="bad", stun="none")
    await ana.sees("says-stun", "no connection to the server works")
    assert "server: no answer" in await ana.part("check-mail").input_value()
    await street.close()


async def test_the_screens_of_failures_lead_to_it(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await ana.start("video")
    await ana.is_on("device")
    async with ana.page.context.expect_page() as opened:
        await ana.part("to-check").click()
    await expect((await opened.value).get_by_test_id("row-websocket")).to_be_visible()
    await ana.is_on("device")  # in its own tab, so that nothing here is lost


@pytest.mark.parametrize(
    "look",
    [
        {"locale": "en-GB", "viewport": NARROW},
        {"locale": "fr-FR", "forced_colors": "active"},
        {"locale": "fr-FR", "color_scheme": "dark", "viewport": NARROW},
    ],
)
async def test_it_is_accessible_and_whole(street: Street, blind: Browser, look: dict[str, object]) -> None:
    ana = await opens(street, blind, street.url, **look)
    await are(ana, hide="none")
    assert await ana.page.evaluate("document.documentElement.lang") == str(look["locale"])[:2]
    await ana.part("check-devices").focus()
    await ana.page.keyboard.press("Enter")
    await are(ana, camera="bad", microphone="bad")
    assert await problems(ana.page) == []
