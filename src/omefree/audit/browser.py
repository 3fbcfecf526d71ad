"""A visit by a real browser: which hosts it asks, and what it keeps.

It needs playwright and a Chromium. Without them its checks are not made.
"""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from omefree.audit.check import Verdict, broken, failed, missing, passed, some
from omefree.audit.web import Site
from omefree.errors import NotChecked
from omefree.privacy.device import kept_names
from omefree.privacy.policy import PAGES

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Playwright

VISIT_S = 60.0  # on a small machine a browser takes 10 s to start
PAGE_MS = 20_000
SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-dev-shm-usage"]
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
    """What one visit found.

    `asked` maps the host of each request and WebSocket to their number. `kept` names what the browser keeps afterwards.
    `asks` has the types of input fields that an account would need.
    """

    asked: dict[str, int]
    kept: list[str]
    asks: list[str]

    def requests(self, site: Site) -> Verdict:
        """The check `requests`: the browser asked no host but the site's own."""
        if elsewhere := [host for host in self.asked if host != site.authority]:
            return failed("asked_elsewhere", what=some(elsewhere))
        return passed("asked", count=sum(self.asked.values()))

    def storage(self, site: Site) -> Verdict:
        """The check `storage`: the browser keeps nothing but what the policy tells."""
        other = [key for key in self.kept if key not in kept_names(site.base)]
        return failed("kept", what=some(other)) if other else passed("nothing_kept")


async def visit(site: Site, *, trusted: bool) -> Visit:
    """Visits the page and its three texts, and changes the language.

    `trusted`: whether the site's certificate is good; if not, the browser ignores its faults. Raises NotChecked if
    there is no browser or the visit fails.
    """
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
    """Starts playwright's own Chromium, or else one of the system. Raises NotChecked if none starts."""
    from playwright.async_api import Error

    for path in (None, *filter(None, map(shutil.which, SYSTEM))):
        for flags in (FLAGS, [*FLAGS, "--no-sandbox"]):  # root and many containers cannot have a sandbox
            try:
                return await playwright.chromium.launch(executable_path=path, args=flags)
            except Error:
                continue
    raise missing("no_browser")


async def look_around(browser: Browser, site: Site, trusted: bool) -> Visit:
    """Makes the visit with a browser that runs. Raises playwright's Error."""
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
    await page.goto(site.base + "/", wait_until="networkidle")
    await page.evaluate(CHOOSE_LANGUAGE)
    await note_what_stays(page, found)
    for path in PAGES:
        await page.goto(site.base + path)
        await note_what_stays(page, found)
    found.kept += [f"cookie: {cookie.get('name')}" for cookie in await context.cookies()]
    return found


async def note_what_stays(page: Page, found: Visit) -> None:
    """Adds to `found` what the browser keeps now, and the account fields of this page."""
    found.kept += [key for key in await page.evaluate(KEPT) if key not in found.kept]
    found.asks += await page.evaluate(ASKS)
