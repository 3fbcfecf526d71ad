"""What the tests of several folders share."""

import gc
from itertools import chain, groupby
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline for an example: the machine may be busy with other things.
settings.register_profile("omefree", deadline=None)
settings.load_profile("omefree")


BUSY = {"e2e"}  # folders whose tests need the processor
WAITING = {"audit", "cluster", "deploy", "doctor", "exchange", "load", "privacy", "workers"}  # long, and for clocks


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that need the processor and files that wait alternate, so that three at a time take the least. Those that
    are short come last.
    """
    files = [list(file) for _, file in groupby(items, lambda item: item.path)]
    alternating = [[file for file in files if _folder_of(file) in folders] for folders in (BUSY, WAITING)]
    places = [(number / len(some), file) for some in alternating for number, file in enumerate(some)]
    places += [(1.0, file) for file in files if _folder_of(file) not in BUSY | WAITING]
    items[:] = chain.from_iterable(file for _, file in sorted(places, key=lambda place: place[0]))


def _folder_of(file: list[pytest.Item]) -> str:
    return file[0].path.relative_to(Path(__file__).parent).parts[0]


def pytest_collection_finish() -> None:
    """What is loaded by now stays: no later look for garbage need pass through all of it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a web app."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    return folder
