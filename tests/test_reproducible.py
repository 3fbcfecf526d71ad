"""Anybody who builds the same source gets the same bytes: two builds on two paths, in two environments."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reproducible import PLACES, ROOT, build


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    root = tmp_path_factory.mktemp("builds")
    yield [build(place, root) for place in PLACES]


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_two_builds_are_one(wheels: list[Path]) -> None:
    one, two = map(contents, wheels)
    assert list(one) == list(two)
    assert [name for name in one if one[name] != two[name]] == []
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


def test_no_path_of_the_machine_is_in_it(wheels: list[Path]) -> None:
    folders = [str(ROOT).encode(), *(str(wheel.parents[1]).encode() for wheel in wheels)]
    assert [name for name, body in contents(wheels[1]).items() for folder in folders if folder in body] == []


def test_the_wheel_brings_the_page_and_the_list_of_its_files(wheels: list[Path]) -> None:
    files = contents(wheels[0])
    prefix = "omefree/static"
    listed = {file["path"]: file for file in json.loads(files.pop(f"{prefix}/assets.json"))["files"]}
    brought = {name.removeprefix(prefix): body for name, body in files.items() if name.startswith(prefix)}
    brought["/"] = brought["/index.html"]
    assert {path: (hashlib.sha256(body).hexdigest(), len(body)) for path, body in brought.items()} == {
        path: (file["sha256"], file["bytes"]) for path, file in listed.items()
    }
    assert any(path.startswith("/assets/index-") and path.endswith(".js") for path in listed)
