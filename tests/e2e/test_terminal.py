"""A browser and a terminal chat with each other."""

from playwright.async_api import Browser, expect

from tests.client.people import topic
from tests.e2e.people import Street, emoji_of
from tests.terminal.tty import Terminal


async def test_a_page_and_a_terminal_chat_and_see_the_same_emoji(street: Street, blind: Browser) -> None:
    shared = topic()
    ana = await street.comes(blind)
    ben = Terminal(24, 80, street.url, "--interest", shared, "--lang", "en")
    try:
        await ben.sees("Enter")
        ben.types("\r")
        await ben.sees("Looking for someone")
        await ana.start("text", shared)
        await ana.meets()
        await ana.say("bonjour, terminal 👋")
        await ben.sees("bonjour, terminal")
        ben.types("hello, page é\r")
        await ana.reads("hello, page é")
        await expect(ana.page.locator(".text.mine[data-state=delivered]")).to_have_count(1)
        await ben.sees("✓✓")
        ben.types("/verify\r")
        names = [row.split("\n")[-1] for row in await emoji_of(ana)]
        await ben.sees(*names)
        ben.types("\x1b\x1b")
        await ana.sees("partner-banner", "left")
    finally:
        ben.close()
