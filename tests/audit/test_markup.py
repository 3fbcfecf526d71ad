"""What a page and a style make a browser fetch."""

import pytest

from omefree.audit.markup import Page, elsewhere, paths, styled

HERE = "https://chat.example/privacy"
FETCHING = [
    '<script src="{}"></script>',
    '<link rel="stylesheet" href="{}">',
    '<link rel="Preconnect other" href="{}">',
    '<img srcset="/a.png 1x, {} 2x">',
    '<iframe src="{}"></iframe>',
    '<form action="{}"></form>',
    "<body style=\"background: url('{}')\">",
    '<meta http-equiv="Refresh" content="0; url={}">',
    '<svg><image href="{}"/></svg>',
    '<base href="{}">',
]


@pytest.mark.parametrize("tag", FETCHING)
@pytest.mark.parametrize(
    "url", ["https://other.example/x", "//other.example/x", "wss://other.example/", "http://chat.example:8/"]
)
def test_another_host_is_found(tag: str, url: str) -> None:
    assert elsewhere(Page(tag.format(url)).fetched, HERE) == [url]


@pytest.mark.parametrize("tag", FETCHING)
@pytest.mark.parametrize("url", ["/x", "x", "https://chat.example/x"])
def test_the_own_host_is_not(tag: str, url: str) -> None:
    fetched = Page(tag.format(url)).fetched
    assert elsewhere(fetched, HERE) == []
    assert "/x" in paths(fetched, HERE)


@pytest.mark.parametrize("tag", ['<a href="{}">', '<link rel="alternate" href="{}">', '<img src="data:image/png,{}">'])
def test_what_a_browser_does_not_fetch_is_not(tag: str) -> None:
    assert elsewhere(Page(tag.format("https://other.example/")).fetched, HERE) == []


@pytest.mark.parametrize("html", ["<script>go()</script>", '<p onclick="go()">', '<body ONLOAD="go()">'])
def test_scripts_within_the_page(html: str) -> None:
    assert Page(html).inline


def test_what_it_asks_for_and_says() -> None:
    page = Page('<html lang="fr"><p>Deux <a href="/x">mots</a>.</p><input type="EMAIL"><time datetime="2026-01-02">')
    assert (page.asks, page.said, page.dated, page.lang) == (["EMAIL"], "Deux mots.", ["2026-01-02"], "fr")


def test_styles() -> None:
    css = "@import 'a.css'; b { background: url(\"b.png\") } @import url(c.css);"
    assert styled(css) == ["a.css", "b.png", "c.css"]
