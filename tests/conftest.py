"""What the tests of several folders share."""

from pathlib import Path

import pytest
from hypothesis import settings

# No deadline for an example: the machine may be busy with other things.
settings.register_profile("omefree", deadline=None)
settings.load_profile("omefree")


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a web app."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    return folder
