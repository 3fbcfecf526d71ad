"""The installable page: one page for times without a connection, which goes on by itself, and nothing else is kept."""

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from omefree.audit.browser import visit
from omefree.audit.contact import site_of
from omefree.http.static import BUILT_IN
from omefree.privacy.device import kept_names
from tests.e2e.people import GUARD_S, Street, TcpProxy, serving
from tests.e2e.test_page import problems
from tests.until import until

READY = (
    "async () => (await caches.keys()).length > 0 && (await navigator.serviceWorker.ready).active.state === 'activated'"
)
PUBLIC = Path(__file__).parents[2] / "web/public"


async def is_kept(page: Page) -> None:
    async def ready() -> bool:
        return bool(await page.evaluate(READY))

    await until(ready, "the page that is kept")


@pytest.mark.parametrize(
    ("locale", "says"),
    [("fr-CA", "Pas de connexion"), ("en-GB", "There is no connection"), ("xx", "There is no connection")],
)
async def test_without_a_connection_a_page_says_so_and_goes_on_by_itself(
    street: Street, blind: Browser, locale: str, says: str
) -> None:
    proxy = TcpProxy(int(urlsplit(street.url).port or 0))
    await proxy.open()
    ana = await street.comes(blind, f"http://localhost:{proxy.port}", locale=locale, color_scheme="dark")
    await is_kept(ana.page)
    proxy.cut()
    await ana.page.goto(f"http://localhost:{proxy.port}/?lang=nothing")
    title = ana.page.get_by_role("heading")
    await expect(title).to_have_text(says)
    await expect(ana.page.locator("html")).to_have_attribute("lang", locale[:2] if locale != "xx" else "en")
    assert await ana.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(20, 22, 30)"
    assert await problems(ana.page) == []
    await ana.page.get_by_role("button").click()
    await expect(title).to_have_text(says)
    proxy.heal()
    await ana.is_on("landing")  # by itself
    await proxy.close()


async def test_the_language_and_the_colours_that_were_chosen_hold_offline(street: Street, blind: Browser) -> None:
    proxy = TcpProxy(int(urlsplit(street.url).port or 0))
    await proxy.open()
    ana = await street.comes(blind, f"http://localhost:{proxy.port}", color_scheme="light")
    await ana.part("lang").select_option("fr")
    await ana.part("theme").select_option("dark")
    await is_kept(ana.page)
    proxy.cut()
    await ana.page.goto(f"http://localhost:{proxy.port}/privacy")
    await expect(ana.page.get_by_role("heading")).to_have_text("Pas de connexion")
    assert await ana.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(20, 22, 30)"
    proxy.heal()
    await expect(ana.page.locator("main.policy")).to_be_visible(timeout=GUARD_S * 1000)  # what was wanted
    await proxy.close()


async def test_the_worker_never_touches_the_transport(street: Street, blind: Browser) -> None:
    made = await blind.new_context()
    page = await made.new_page()
    await page.goto(street.url)
    await is_kept(page)
    await page.reload()
    served: list[str] = []
    made.on("response", lambda answer: served.append(answer.url) if answer.from_service_worker else None)
    await expect(page.locator("[data-link=up]")).to_be_attached()
    assert [url for url in served if "socket.io" in url] == []
    asked = await page.evaluate("async () => (await fetch('/socket.io/?EIO=4&transport=polling')).status")
    assert asked == 200
    assert [url for url in served if "socket.io" in url] == []
    await made.close()


async def test_what_a_real_browser_keeps_is_what_the_policy_lists(street: Street, blind: Browser) -> None:
    site, _ = site_of(street.url)
    seen = await visit(site, trusted=True)
    assert seen.storage(site).result == "passed"
    assert {"cache: omefree.offline", f"worker: {site.origin}/"} <= set(seen.kept) <= kept_names(site.origin)


async def test_forgetting_takes_the_kept_page_too(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await ana.part("theme").select_option("dark")
    await is_kept(ana.page)
    await ana.part("settings-open").click()
    await ana.part("forget").click()

    async def nothing() -> bool:
        return int(await ana.page.evaluate(LEFT)) == 0

    await until(nothing, "nothing that is kept")


async def test_another_release_takes_the_place_of_the_kept_page(street: Street, blind: Browser, tmp_path: Path) -> None:
    """As after an upgrade: a worker with another list. The old one goes, and what it kept goes with it."""
    newer = shutil.copytree(BUILT_IN, tmp_path / "static")
    worker = (newer / "sw.js").read_text()
    (newer / "sw.js").write_text(worker.replace("release ", "release newer-").replace(',"favicon.svg"', ""))
    proxy = TcpProxy(int(urlsplit(street.url).port or 0))
    await proxy.open()
    ana = await street.comes(blind, f"http://localhost:{proxy.port}")
    await is_kept(ana.page)
    before = await ana.page.evaluate(FILES)
    async with serving("--static-dir", str(newer)) as url:
        proxy.lead_to(int(urlsplit(url).port or 0))
        proxy.cut()
        proxy.heal()
        await ana.page.reload()

        async def taken() -> bool:
            return sorted(await ana.page.evaluate(FILES)) == sorted(set(before) - {"/favicon.svg"})

        await until(taken, "the newer list")
    await proxy.close()


LEFT = """async () => {
  const workers = await navigator.serviceWorker.getRegistrations();
  return localStorage.length + (await caches.keys()).length + workers.length;
}"""
FILES = """async () => {
  const cache = await caches.open("omefree.offline");
  return (await cache.keys()).map(({ url }) => new URL(url).pathname);
}"""


async def test_the_page_can_be_installed(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    session = await ana.page.context.new_cdp_session(ana.page)
    await is_kept(ana.page)
    errors = (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    assert [error for error in errors if error["errorId"] != "in-incognito"] == []
    manifest = await session.send("Page.getAppManifest")
    assert manifest["errors"] == []


async def test_the_manifest_names_pictures_that_are_there() -> None:
    told: dict[str, Any] = json.loads((PUBLIC / "manifest.webmanifest").read_text())
    purposes = {purpose for icon in told["icons"] for purpose in icon.get("purpose", "any").split()}
    assert purposes == {"any", "maskable"}
    for icon in [*told["icons"], *(icon for shortcut in told["shortcuts"] for icon in shortcut.get("icons", []))]:
        assert (PUBLIC / icon["src"]).is_file()
    assert {told["start_url"], told["scope"]} == {"./"}
    assert "id" not in told  # it would be the same for two servers below one name
