"""A language is one file and one line: the page that is built with them speaks it on every screen (tests/words/)."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from hatch_build import npm
from tests.e2e.people import Person, Street, serving
from tests.words.pseudo import PSEUDO, add_to, left

SAID = """
() => {
  const shown = (element) => element.checkVisibility() && !element.closest("script, style, [data-testid=log] .text");
  const texts = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
    if (shown(node.parentElement)) texts.push(node.data);
  for (const element of document.querySelectorAll("[title], [aria-label], [placeholder], [alt]"))
    if (shown(element))
      for (const name of ["title", "aria-label", "placeholder", "alt"]) texts.push(element.getAttribute(name) ?? "");
  return texts;
}
"""


async def speaks_it(page: Page) -> None:
    assert set().union(*(left(said) for said in await page.evaluate(SAID))) == set()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built with the language; nothing but the words is another."""
    words, static = tmp_path_factory.mktemp("words"), tmp_path_factory.mktemp("static")
    add_to(words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMEFREE_WORDS", str(words))
        npm("run", "--silent", "build", "--", "--outDir", str(static), "--emptyOutDir", "--logLevel", "error")
    return static


async def test_every_screen_of_the_page_speaks_it(built: Path, blind: Browser) -> None:
    async with serving("--static-dir", str(built)) as url:
        street = Street(url)
        ana, ben = [await street.comes(blind, locale=PSEUDO) for _ in range(2)]
        await expect(ana.page.locator("html")).to_have_attribute("lang", PSEUDO)
        await speaks_it(ana.page)
        await ana.start("text", "xyz")
        await ana.is_on("searching")
        await speaks_it(ana.page)
        await ben.start("text", "xyz")
        for person in (ana, ben):
            await person.meets()
        await through_a_chat(ana, ben)
        await street.close()


async def through_a_chat(ana: Person, ben: Person) -> None:
    await expect(ana.part("lock")).to_have_attribute("data-seal", "sealed")
    await speaks_it(ana.page)
    await ana.part("lock").click()
    await ana.sees("seal-dialog")
    await speaks_it(ana.page)
    await ana.page.keyboard.press("Escape")
    await ana.part("report").click()
    await speaks_it(ana.page)
    await ana.page.keyboard.press("Escape")
    await ben.part("stop").click()
    await ana.sees("again")
    await speaks_it(ana.page)


async def test_a_visitor_of_another_language_is_offered_it(built: Path, blind: Browser) -> None:
    async with serving("--static-dir", str(built)) as url:
        street = Street(url)
        person = await street.comes(blind, locale="fr-FR")
        await expect(person.page.locator("html")).to_have_attribute("lang", "fr")
        await person.part("lang").select_option(PSEUDO)
        await expect(person.page.locator("html")).to_have_attribute("lang", PSEUDO)
        await speaks_it(person.page)
        await street.close()
