"""All that comes with OmeFree is listed, as it is locked, under a licence that allows it, with that licence's text."""

import json
from pathlib import Path

import pytest

from release import shipped
from release.errors import NotReady
from release.shipped import RULE

ROOT = Path(__file__).parents[2]
LOCK = json.dumps({"packages": {"node_modules/thing": {"version": "1.0.0", "integrity": "sha512-AAEC"}}})


@pytest.fixture(scope="module")
def page() -> list[shipped.Package]:
    licences = ROOT / "src/omefree/static/licences.txt"
    return shipped.of_the_page(licences.read_text(), (ROOT / "web/package-lock.json").read_text())


@pytest.fixture(scope="module")
def python() -> list[shipped.Package]:
    return shipped.of_python((ROOT / "requirements.lock").read_text())


def one(licence: str, text: str = "As you like.") -> str:
    return f"Thanks.{RULE}thing 1.0.0 ({licence})\n\n{text}\n"


def test_the_page_carries_what_a_reader_of_its_code_would_name(page: list[shipped.Package]) -> None:
    names = {package.name for package in page}
    assert {"socket.io-client", "engine.io-client", "svelte", "@tensorflow/tfjs-core", "nsfwjs", "lucide"} <= names
    assert "vite" not in names
    assert all(len(package.sha512 or "") == 128 for package in page)


def test_python_brings_what_the_lock_pins_here(python: list[shipped.Package]) -> None:
    found = {package.name: package for package in python}
    assert {"uvicorn", "starlette", "picows", "aiofastnet", "uvloop"} <= found.keys()
    assert "colorama" not in found, "which only Windows needs"
    assert found["structlog"].licence == "MIT OR Apache-2.0"
    assert found["uvicorn"].needs >= {"click", "h11"}


def test_the_sheet_has_every_licence(page: list[shipped.Package], python: list[shipped.Package]) -> None:
    sheet = shipped.sheet("Our own.", [*page, *python])
    assert sheet.startswith("Our own.\n")
    for package in [*page, *python]:
        assert f"\n  {package.name} {package.version} ({package.licence})\n" in sheet
        assert package.text in sheet


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "MIT AND AGPL-3.0-only", "none stated", "MIT OR Proprietary"])
def test_a_licence_that_asks_for_more_is_refused(licence: str) -> None:
    with pytest.raises(NotReady, match="may not bring along"):
        shipped.of_the_page(one(licence), LOCK)


def test_a_package_without_the_text_of_its_licence_is_refused() -> None:
    assert shipped.of_the_page(one("MIT"), LOCK)[0].sha512 == "000102"
    with pytest.raises(NotReady, match="no text"):
        shipped.of_the_page(one("MIT", text=""), LOCK)


def test_a_page_of_another_lock_is_refused() -> None:
    with pytest.raises(NotReady, match="make web"):
        shipped.of_the_page(one("MIT"), LOCK.replace("1.0.0", "1.0.1"))
    with pytest.raises(NotReady, match="as the build writes"):
        shipped.of_the_page(f"Thanks.{RULE}something else", LOCK)


def test_packages_of_another_lock_are_refused() -> None:
    with pytest.raises(NotReady, match="the lock wants"):
        shipped.of_python("uvicorn==0.1.0 \\\n    --hash=sha256:00\n")
    with pytest.raises(NotReady, match="not installed"):
        shipped.of_python("surely-nobody-has-this==1\n")
