"""`python -m release [--draft]`: writes everything that a release needs into dist/, beside the wheel of `make release`.

A draft may have changes that are not committed, and a version without a date. Exit code 1: a line says what is missing.
"""

import argparse
import subprocess
import sys
import tempfile
from datetime import datetime
from importlib.metadata import distribution
from pathlib import Path

import omefree
from release import changelog, packages, sbom, shipped, sums
from release.errors import NotReady

ROOT = Path(__file__).resolve().parent.parent
VERSION = omefree.__version__
NAME = f"omefree-{VERSION}"


def main(args: list[str]) -> int:
    """Makes the release. The result is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m release", description="Everything that a release needs.")
    parser.add_argument("--draft", action="store_true", help="without a date, and with changes that are not committed")
    try:
        made = make(ROOT, ROOT / "dist", parser.parse_args(args).draft)
    except NotReady as error:
        sys.stderr.write(f"Not released: {error}\n")
        return 1
    sys.stdout.write("".join(f"{file.relative_to(ROOT)}\n" for file in made))
    return 0


def make(root: Path, dist: Path, draft: bool) -> list[Path]:
    """Writes the files of the release beside its wheel. Raises NotReady, and CalledProcessError if hatchling fails."""
    notes = changelog.notes((root / "CHANGELOG.md").read_text(), VERSION, draft)
    if not draft:
        check_committed(root)
    wheel = dist / f"{NAME}-py3-none-any.whl"
    if not wheel.exists():
        raise NotReady(f"there is no {wheel.name}: `make release` builds it first")
    sdist = sdist_of(root, dist, wheel)
    others = [*shipped.of_python((root / "requirements.lock").read_text()), *of_the_page(root)]
    direct = set(shipped.needs(distribution("omefree")))
    bill = sbom.bill(sbom.own(VERSION, sums.sha256(wheel)), committed(root), direct, others)
    sbom.check(bill)
    texts = {
        "requirements.lock": (root / "requirements.lock").read_text(),
        "cdx.json": bill,
        "licences.txt": shipped.sheet((root / "LICENSE").read_text(), others),
        "notes.txt": f"{notes}\n",
    }
    written = [write(dist / f"{NAME}.{ending}", text) for ending, text in texts.items()]
    files = [sdist, wheel, *written]
    return [*files, write(dist / "SHA256SUMS", sums.listing(files))]


def check_committed(root: Path) -> None:
    """Raises NotReady if the folder has changes: a release is what a commit says."""
    status = subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True)
    if status.stdout:
        raise NotReady(f"{len(status.stdout.splitlines())} files are not as committed: commit them, or try --draft")


def committed(root: Path) -> datetime:
    """When the commit was made that the folder has."""
    told = subprocess.run(["git", "log", "-1", "--format=%cI"], cwd=root, check=True, capture_output=True, text=True)
    return datetime.fromisoformat(told.stdout.strip())


def sdist_of(root: Path, dist: Path, wheel: Path) -> Path:
    """Makes the sdist. Raises NotReady if a wheel made from it is not the same to the byte."""
    (dist / f"{NAME}.tar.gz").unlink(missing_ok=True)
    sdist = packages.build("sdist", root, dist)
    with tempfile.TemporaryDirectory() as work:
        again = packages.build("wheel", packages.unpack(sdist, Path(work)), Path(work) / "out")
        if again.read_bytes() != wheel.read_bytes():
            raise NotReady(f"{sdist.name} gives another wheel than {wheel.name}: was something changed since?")
    return sdist


def of_the_page(root: Path) -> list[shipped.Package]:
    """The packages in the page that was built last."""
    licences = root / "src/omefree/static/licences.txt"
    return shipped.of_the_page(licences.read_text(), (root / "web/package-lock.json").read_text())


def write(file: Path, text: str) -> Path:
    """Writes a file, and returns its path."""
    file.write_text(text)
    return file


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
