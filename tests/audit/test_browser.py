"""The visit of a real browser: honest, and to a page that writes down and calls away."""

from __future__ import annotations

from pathlib import Path

from omefree.audit.browser import visit
from omefree.audit.contact import site_of
from tests.audit.liar import Lie, Page, lying
from tests.words.speak import english

SPY = """<script>
localStorage.setItem("visitor", "1"); sessionStorage.setItem("seen", "1"); document.cookie = "id=1";
fetch("http://127.0.0.1:9/beacon").catch(() => 0);
</script><input type="email">"""


HOARDS = """<script>
caches.open("omefree.offline.visitors"); localStorage.setItem("omefree.visits", "1");
</script>"""


class Hoards(Lie):
    """Keeps what is named nearly as what the policy lists."""

    def page(self, page: Page) -> None:
        if page.path == "/":
            page.headers.pop("content-security-policy", None)
            page.replace("</main>", "</main>" + HOARDS)


class Spies(Lie):
    def page(self, page: Page) -> None:
        if page.path == "/":
            page.headers.pop("content-security-policy", None)
            page.replace("</main>", "</main>" + SPY)


async def test_a_visit(url: str, page: Path) -> None:
    site, _ = site_of(url)
    seen = await visit(site, trusted=True)
    assert (seen.requests(site).result, seen.storage(site).result, seen.asks) == ("passed", "passed", [])
    assert seen.asked[site.authority] >= 6
    async with lying(url, Spies()) as liar:
        site, _ = site_of(liar)
        seen = await visit(site, trusted=True)
    assert seen.requests(site).result == seen.storage(site).result == "failed"
    assert "127.0.0.1:9" in english(seen.requests(site).detail)
    assert {"visitor", "session: seen", "cookie: id"} <= set(seen.kept)
    assert seen.asks == ["email"]


async def test_only_what_the_policy_lists_may_stay(url: str, page: Path) -> None:
    async with lying(url, Hoards()) as liar:
        site, _ = site_of(liar)
        seen = await visit(site, trusted=True)
    assert english(seen.storage(site).detail).endswith("omefree.visits, cache: omefree.offline.visitors")
