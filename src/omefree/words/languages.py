"""Which languages there are. Their texts are read by catalogue.py, whose libraries take a while to import."""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable


def listed(folder: Traversable | None = None) -> tuple[str, ...]:
    """The tags of all languages of a folder, OmeFree's own if None. The first is used where no other is understood."""
    return tuple(json.loads(((folder or files(__package__)) / "languages.json").read_text("utf-8")))
