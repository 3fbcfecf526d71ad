"""The bill of materials is CycloneDX by its own schema, and names everything that comes along."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from release import sbom
from release.errors import NotReady
from release.shipped import Package

COMMITTED = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
WHEEL = "ab" * 32
PACKAGES = [
    Package("pypi", "uvicorn", "0.54.0", "BSD-3-Clause", "...", frozenset({"h11", "not-here"})),
    Package("pypi", "h11", "0.16.0", "MIT", "..."),
    Package("pypi", "structlog", "26.1.0", "MIT OR Apache-2.0", "..."),
    Package("npm", "@tensorflow/tfjs-core", "4.22.0", "Apache-2.0", "...", sha512="cd" * 64),
]


def text() -> str:
    return sbom.bill(sbom.own("0.1.0", WHEEL), COMMITTED, {"uvicorn", "structlog"}, PACKAGES)


def bill() -> Any:
    return json.loads(text())


def test_it_is_as_its_schema_says() -> None:
    sbom.check(text())


def test_what_is_not_as_the_schema_says_is_refused() -> None:
    with pytest.raises(NotReady, match="CycloneDX"):
        sbom.check(text().replace('"library"', '"thing"'))


def test_it_is_the_same_for_the_same_wheel_and_another_for_another() -> None:
    assert text() == text()
    other = json.loads(sbom.bill(sbom.own("0.1.0", "00" * 32), COMMITTED, set(), []))
    assert other["serialNumber"] != bill()["serialNumber"]


def test_it_is_about_this_wheel() -> None:
    own = bill()["metadata"]["component"]
    assert (own["name"], own["version"], own["purl"]) == ("omefree", "0.1.0", "pkg:pypi/omefree@0.1.0")
    assert own["hashes"] == [{"alg": "SHA-256", "content": WHEEL}]
    assert bill()["metadata"]["timestamp"] == "2026-12-01T09:30:00+00:00"


def test_it_names_every_package() -> None:
    components = {each["purl"]: each for each in bill()["components"]}
    assert components.keys() == {
        "pkg:pypi/uvicorn@0.54.0",
        "pkg:pypi/h11@0.16.0",
        "pkg:pypi/structlog@26.1.0",
        "pkg:npm/%40tensorflow/tfjs-core@4.22.0",
    }
    page = components["pkg:npm/%40tensorflow/tfjs-core@4.22.0"]
    assert page["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert page["hashes"] == [{"alg": "SHA-512", "content": "cd" * 64}]
    assert components["pkg:pypi/structlog@26.1.0"]["licenses"] == [{"expression": "MIT OR Apache-2.0"}]


def test_it_says_who_needs_whom() -> None:
    needs = {each["ref"]: set(each.get("dependsOn", ())) for each in bill()["dependencies"]}
    assert needs["omefree"] == {
        "pkg:pypi/uvicorn@0.54.0",
        "pkg:pypi/structlog@26.1.0",
        "pkg:npm/%40tensorflow/tfjs-core@4.22.0",
    }
    assert needs["pkg:pypi/uvicorn@0.54.0"] == {"pkg:pypi/h11@0.16.0"}
