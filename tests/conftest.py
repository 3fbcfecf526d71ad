"""What the tests of several folders share."""

import gc
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline for an example: the machine may be busy with other things.
settings.register_profile("omefree", deadline=None)
settings.load_profile("omefree")


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
