"""What a page makes a browser fetch, run and ask for, as read from its HTML and its styles."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

FETCHING = {
    ("audio", "src"), ("base", "href"), ("button", "formaction"), ("embed", "src"), ("form", "action"),
    ("frame", "src"), ("iframe", "src"), ("image", "href"), ("img", "src"), ("input", "formaction"), ("input", "src"),
    ("object", "data"), ("script", "src"), ("source", "src"), ("track", "src"), ("use", "href"), ("video", "poster"),
    ("video", "src"),
}  # fmt: skip
LINKS = {
    "dns-prefetch", "icon", "manifest", "modulepreload", "preconnect", "prefetch", "preload", "prerender", "stylesheet",
}  # fmt: skip
ASKING = {"email", "password", "tel"}  # input types that a page with an account has
IN_STYLE = re.compile(r"""url\(\s*["']?([^"')\s]+)|@import\s+["']([^"']+)""")
SCHEMES_WITHOUT_HOST = {"data", "blob", "about", ""}


class Page(HTMLParser):
    """What the HTML of one page says.

    `fetched`: addresses as they are written. `scripts`: those of scripts. `inline`: scripts and event handlers within
    the page. `asks`: types of input fields that an account would need. `dated`: the machine-readable dates. `lang`: the
    language that the page states. `referrers`: its own referrer policies.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.scripts: list[str] = []
        self.inline: list[str] = []
        self.asks: list[str] = []
        self.dated: list[str] = []
        self.referrers: list[str] = []
        self.lang = ""
        self._said: list[str] = []
        self.feed(html)

    @property
    def said(self) -> str:
        """The page's words, with single spaces between them."""
        return " ".join("".join(self._said).split())

    def handle_data(self, data: str) -> None:
        """Collects words. Called by HTMLParser."""
        self._said.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collects what a tag fetches, runs or asks for. Called by HTMLParser."""
        given = {name: value or "" for name, value in attrs}
        self.fetched += [value for name, value in given.items() if (tag, name) in FETCHING]
        self.fetched += sources_of(given.get("srcset", "")) + styled(given.get("style", ""))
        self.inline += [f"{tag} {name}" for name in given if name.startswith("on")]
        match tag:
            case "link" if LINKS & set(given.get("rel", "").lower().split()):
                self.fetched.append(given.get("href", ""))
            case "script" if "src" in given:
                self.scripts.append(given["src"])
            case "script":
                self.inline.append("script")
            case "input" if given.get("type", "").lower() in ASKING:
                self.asks.append(given["type"])
            case "meta" if given.get("http-equiv", "").lower() == "refresh":
                self.fetched.append(given.get("content", "").partition("=")[2].strip("'\" "))
            case "meta" if given.get("name", "").lower() == "referrer":
                self.referrers.append(given.get("content", ""))
            case "html":
                self.lang = given.get("lang", "")
            case "time":
                self.dated.append(given.get("datetime", ""))
            case _:
                pass  # fetches nothing and asks nothing


def sources_of(srcset: str) -> list[str]:
    """The addresses in a `srcset`."""
    return [offer.split()[0] for offer in srcset.split(",") if offer.strip()]


def styled(css: str) -> list[str]:
    """The addresses that a style fetches, by `url()` or `@import`."""
    return [url or imported for url, imported in IN_STYLE.findall(css)]


def elsewhere(urls: list[str], page: str) -> list[str]:
    """The addresses that lead to another host than the page's. `page` is the page's own address."""
    own = urlsplit(page).netloc
    parts = [(url, urlsplit(urljoin(page, url))) for url in urls]
    return [url for url, part in parts if part.scheme not in SCHEMES_WITHOUT_HOST and part.netloc != own]


def paths(urls: list[str], page: str) -> list[str]:
    """The paths of the addresses that lead to the page's own host. `page` is the page's own address."""
    parts = [urlsplit(urljoin(page, url)) for url in urls]
    own = urlsplit(page).netloc
    return [part.path for part in parts if part.netloc == own]
