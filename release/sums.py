"""The hashes of a release's files, as `sha256sum --check` reads them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def sha256(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def listing(files: Iterable[Path]) -> str:
    """A line for each file, by name."""
    return "".join(f"{sha256(file)}  {file.name}\n" for file in sorted(files))
