"""Every language has every text, with the same holes and the plural forms that it needs; every text is used."""

import re
from collections import Counter
from pathlib import Path

import pytest
from babel import Locale

import omefree
from omefree.words.catalogue import HOLE, Message, catalogue
from tests.words.pseudo import FOLDER

ROOT = Path(__file__).parents[2]
LANGUAGES = catalogue().languages
# Parts of keys that are put together where they are used: by the id of a claim, a row, a reason...
MADE = re.compile(
    r"emoji\..*|policy\.(claim|data|row|value|column|ground|name|limits|rights|terms|address|reports|safety|help|removal|device)\..*"
    r"|policy\.\w+\.title|terminal\.(ended|connect|again|pause|help|sign|placeholder|command|reason|status)\..*|audit\.result\..*"
)


SAYS = "passed|failed|not_applicable|broken|missing|line"  # audit/check.py: by the name of a line


def forms(message: Message) -> dict[str, str]:
    return {"": message} if isinstance(message, str) else dict(message)


def holes(message: Message) -> set[str]:
    return {hole for form in forms(message).values() for hole in HOLE.findall(form)}


def test_the_files_are_those_of_the_list() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == sorted(LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_has_the_texts_of_the_first_and_no_others(lang: str) -> None:
    mine, first = catalogue().words(lang).messages, catalogue().fallback.messages
    assert (first.keys() - mine.keys(), mine.keys() - first.keys()) == (set(), set())
    assert [key for key, message in mine.items() if not all(forms(message).values())] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_text_has_the_holes_that_it_has_in_the_first_language(lang: str) -> None:
    mine, first = catalogue().words(lang).messages, catalogue().fallback.messages
    wrong = {key: holes(mine[key]) ^ holes(message) for key, message in first.items() if key in mine}
    assert {key: odd for key, odd in wrong.items() if odd} == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_plural_has_the_forms_that_its_language_needs(lang: str) -> None:
    """Those that CLDR gives to the numbers that people meet here, and `other` in any case.

    A form that only one number has may write it in words: Arabic says "two minutes" in one word.
    """
    words = catalogue().words(lang)
    plural = Locale.parse(lang, sep="-").plural_form
    uses = Counter(plural(n) for n in range(1001))
    needed = {*uses, "other"}
    several = {key for key, message in catalogue().fallback.messages.items() if not isinstance(message, str)}
    for key, message in words.messages.items():
        assert (not isinstance(message, str)) == (key in several), key
        if key in several:
            assert set(forms(message)) == needed, key
            counting = [form for name, form in forms(message).items() if uses[name] != 1]
            assert all("n" in HOLE.findall(form) for form in counting), key


def sources(pattern: str = "*") -> str:
    files = Path(omefree.__file__).parent.rglob(pattern)
    return "\n".join(path.read_text() for path in sorted(files) if path.suffix in (".py", ".html"))


def test_no_text_is_unused() -> None:
    used = set(re.findall(r"[\"'](?:\w+\.)?([a-z_0-9.]+)[\"']", sources()))
    used |= set(re.findall(r"[\"']([a-z_0-9.]+)[\"']", sources()))
    keys = [key for key in catalogue().fallback.messages if not key.startswith("page.")]
    idle = [key for key in keys if key not in used and key.partition(".")[2] not in used]
    assert [key for key in idle if not MADE.fullmatch(key)] == []


def test_the_page_says_each_of_its_texts() -> None:
    """By its key, or by one that is put together: `t(`ended.${reason}`)`."""
    page = "\n".join(path.read_text() for path in sorted((ROOT / "web").glob("src/**/*.*")) if path.name != "keys.ts")
    for folder in ("web", "web/shared"):
        page += "".join(path.read_text() for path in (ROOT / folder).glob("*.html"))
    page += "".join(path.read_text() for path in (ROOT / "web/build").glob("*.ts"))
    keys = [key.removeprefix("page.") for key in catalogue().fallback.messages if key.startswith("page.")]
    made = re.findall(r"`([a-z_.]+\.)\$\{", page)
    assert [key for key in keys if key not in page and not key.startswith(tuple(made))] == []


def test_every_text_that_is_named_exists() -> None:
    """A whole key in the code; those that are put together are said by other tests."""
    known = catalogue().fallback.messages
    parts = "|".join(sorted({key.partition(".")[0] for key in known}))
    named = set(re.findall(rf"[\"']((?:{parts})\.[a-z_0-9.-]*[a-z0-9])[\"']", sources()))
    assert len(named) > 30
    named |= {f"audit.{name}" for name in re.findall(rf"\b(?:{SAYS})\(\n? *\"(\w+)\"", sources("audit/*.py"))}
    named -= {"policy.html"}
    assert [key for key in named if key not in known and f"{key}.1" not in known] == []
