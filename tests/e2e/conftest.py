"""One server and two browsers for all browser tests. Every test has people of its own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.e2e.people import SHELL, Street, launch, launch_pair, serving
from tests.e2e.victims import Tapped, comes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def url() -> AsyncIterator[str]:
    async with serving("--quota-scale", "20") as where:  # everybody comes from one address, and tests are quick
        yield where


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browsers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Browser, Browser, Browser]]:
    """One whose camera shows red, one whose camera shows blue, one that has none."""
    films: Path = tmp_path_factory.mktemp("films")
    async with async_playwright() as playwright:
        red, blue = await launch_pair(playwright, films, SHELL)
        blind = await launch(playwright, program=SHELL)
        yield red, blue, blind
        for browser in (red, blue, blind):
            await browser.close()


@pytest.fixture
def red(browsers: tuple[Browser, Browser, Browser]) -> Browser:
    return browsers[0]


@pytest.fixture
def blue(browsers: tuple[Browser, Browser, Browser]) -> Browser:
    return browsers[1]


@pytest.fixture
def blind(browsers: tuple[Browser, Browser, Browser]) -> Browser:
    return browsers[2]


@pytest_asyncio.fixture(loop_scope="session")
async def street(url: str) -> AsyncIterator[Street]:
    made = Street(url)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def cast(url: str, browsers: tuple[Browser, Browser, Browser]) -> AsyncIterator[list[Tapped]]:
    street = Street(url)
    yield [await comes(street, browsers[2]) for _ in range(3)]
    await street.close()


@pytest_asyncio.fixture(loop_scope="session")
async def three(cast: list[Tapped]) -> list[Tapped]:
    """Three strangers: the same tabs for all tests of text chats, but each time the page is opened anew."""
    for _, relay in cast:
        relay.honest()
        relay.heard.clear()
    await asyncio.gather(*(person.page.reload() for person, _ in cast))
    return cast
