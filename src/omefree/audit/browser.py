"""A visit by a real browser: whom it asks, what it keeps. Only where playwright and a Chromium are installed."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from omefree.audit.check import Verdict, broken, failed, missing, passed, some
from omefree.audit.web import Site
from omefree.errors import NotChecked
from omefree.privacy.policy import LEGAL, PRIVACY, TERMS

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Playwright

VISIT_S = 60.0  # a browser that starts on a small machine takes ten
PAGE_MS = 20_000
SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-dev-shm-usage"]
SETTINGS = {"omefree.lang", "omefree.theme"}  # all that the page may keep: web/src/i18n, web/src/views
KEPT = """async () => [
  ...Object.keys(localStorage).map((key) => key),
  ...Object.keys(sessionStorage).map((key) => `session: ${key}`),
  ...(await indexedDB.databases()).map((base) => `database: ${base.name}`),
  ...(window.caches ? (await caches.keys()).map((key) => `cache: ${key}`) : []),
  ...((await navigator.serviceWorker?.getRegistrations()) ?? []).map((it) => `worker: ${it.scope}`),
  ...(document.cookie ? [`cookie: ${document.cookie.split("=")[0]}`] : []),
]"""
ASKS = "() => [...document.querySelectorAll('[type=email], [type=password], [type=tel]')].map((it) => it.type)"
CHOOSE_LANGUAGE = "() => document.querySelector('select')?.dispatchEvent(new Event('change', {bubbles: true}))"


class Visit(Struct):
    """`asked`: the hosts of every request and WebSocket, with how many."""

    asked: dict[str, int]
    kept: list[str]
    asks: list[str]

    def requests(self, site: Site) -> Verdict:
        if elsewhere := [host for host in self.asked if host != site.authority]:
            return failed("asked_elsewhere", what=some(elsewhere))
        return passed("asked", count=sum(self.asked.values()))

    def storage(self) -> Verdict:
        other = [key for key in self.kept if key not in SETTINGS]
        return failed("kept", what=some(other)) if other else passed("nothing_kept")


async def visit(site: Site, *, trusted: bool) -> Visit:
    """The page, its three texts, a change of language. `trusted`: the certificate is good. Raises NotChecked."""
    try:
        from playwright.async_api import Error, async_playwright
    except ModuleNotFoundError:
        raise missing("no_browser") from None
    try:
        async with asyncio.timeout(VISIT_S), async_playwright() as playwright:
            browser = await launch(playwright)
            try:
                return await look_around(browser, site, trusted)
            finally:
                await browser.close()
    except NotChecked:
        raise
    except (Error, OSError) as error:  # a TimeoutError is an OSError
        raise broken("visit_failed", why=some([str(error).partition("\n")[0]])) from None


async def launch(playwright: Playwright) -> Browser:
    """Playwright's own browser, else the system's. Raises NotChecked."""
    from playwright.async_api import Error

    for path in (None, *filter(None, map(shutil.which, SYSTEM))):
        for flags in (FLAGS, [*FLAGS, "--no-sandbox"]):  # root, and many containers, cannot have one
            try:
                return await playwright.chromium.launch(executable_path=path, args=flags)
            except Error:
                continue
    raise missing("no_browser")


async def look_around(browser: Browser, site: Site, trusted: bool) -> Visit:
    context = await browser.new_context(ignore_https_errors=not trusted)
    page = await context.new_page()
    page.set_default_timeout(PAGE_MS)
    asked: dict[str, int] = {}

    def note(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about"):
            asked[parts.netloc] = asked.get(parts.netloc, 0) + 1

    context.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    found = Visit(asked, [], [])
    await page.goto(site.origin + "/", wait_until="networkidle")
    await page.evaluate(CHOOSE_LANGUAGE)
    await note_what_stays(page, found)
    for path in (PRIVACY, TERMS, LEGAL):
        await page.goto(site.origin + path)
        await note_what_stays(page, found)
    found.kept += [f"cookie: {cookie.get('name')}" for cookie in await context.cookies()]
    return found


async def note_what_stays(page: Page, found: Visit) -> None:
    found.kept += [key for key in await page.evaluate(KEPT) if key not in found.kept]
    found.asks += await page.evaluate(ASKS)
