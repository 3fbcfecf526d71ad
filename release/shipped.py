"""The software of others that comes with OmeFree.

The page's packages are inside the wheel; the build lists them in licences.txt (web/build/licences.ts). Python's are
installed beside it; requirements.lock pins them.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from release.errors import NotReady

ALLOWED = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"}
# Older packages name their licence by a classifier alone. https://pypi.org/classifiers/ has no BSD with a number: the
# texts of those that are used here have three clauses.
CLASSIFIED = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice)", re.I)
RULE = f"\n{'-' * 72}\n\n"
HEADING = re.compile(r"(\S+) (\S+) \((.+)\)\n\n")


class Package(NamedTuple):
    """`kind` is its type in a package URL, `npm` or `pypi`; `licence` an SPDX expression; `text` that of its licence.

    `needs` are the names of others in the list. `sha512`, in hex, is that of npm's archive.
    """

    kind: str
    name: str
    version: str
    licence: str
    text: str
    needs: frozenset[str] = frozenset()
    sha512: str | None = None


def of_the_page(licences: str, lock: str) -> list[Package]:
    """The packages whose code or data is in the page. Raises NotReady if `lock`, package-lock.json, has others."""
    locked = json.loads(lock)["packages"]
    return [checked(npm_package(part, locked)) for part in licences.split(RULE)[1:]]


def npm_package(part: str, locked: Mapping[str, Any]) -> Package:
    """A package, from its part of licences.txt."""
    heading = HEADING.match(part)
    if heading is None:
        raise NotReady(f"licences.txt is not as the build writes it: {part[:40]!r}")
    name, version, licence = heading.groups()
    entries = (entry for path, entry in locked.items() if path.endswith(f"node_modules/{name}"))
    entry = next((entry for entry in entries if entry["version"] == version), None)
    if entry is None:
        raise NotReady(f"the page has {name} {version}, and package-lock.json another: build it with `make web`")
    sha512 = b64decode(entry["integrity"].removeprefix("sha512-")).hex()
    text = part[heading.end() :].strip()
    return Package("npm", name, version, licence, text, frozenset(entry.get("dependencies", ())), sha512)


def of_python(lock: str) -> list[Package]:
    """The packages that the lock asks for on this platform. Raises NotReady if they are not the ones installed here."""
    pins = [Requirement(line.rstrip(" \\")) for line in lock.splitlines() if "==" in line]
    return [checked(python_package(pin)) for pin in pins if pin.marker is None or pin.marker.evaluate()]


def python_package(pin: Requirement) -> Package:
    """A package, from what is installed of it."""
    try:
        installed = distribution(pin.name)
    except PackageNotFoundError:
        raise NotReady(f"{pin.name} is not installed: run `make web`") from None
    if not pin.specifier.contains(installed.version):
        raise NotReady(f"{pin.name} {installed.version} is installed, and the lock wants {pin.specifier}")
    text = "\n\n".join(licence_texts(installed))
    return Package("pypi", pin.name, installed.version, licence(installed, text), text, frozenset(needs(installed)))


def licence(installed: Distribution, text: str) -> str:
    """The licence that the metadata states, as an SPDX expression; if it states none, what the text calls itself."""
    metadata = installed.metadata
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    classifiers = [each.rpartition(" :: ")[2] for each in metadata.get_all("Classifier", [])]
    classified = [CLASSIFIED[each] for each in classifiers if each in CLASSIFIED]
    return " OR ".join(classified) or ("MIT" if text.startswith("The MIT License") else "none stated")


def licence_texts(installed: Distribution) -> Iterator[str]:
    """The texts of the licence files that came with it."""
    for file in sorted(installed.files or []):
        if any(part.endswith(".dist-info") for part in file.parts) and LICENCE_FILE.match(file.name):
            yield file.read_text(encoding="utf-8").strip()


def needs(installed: Distribution) -> Iterator[str]:
    """The names of the packages that it needs on this platform, without its extras."""
    for line in installed.requires or []:
        required = Requirement(line)
        if required.marker is None or required.marker.evaluate({"extra": ""}):
            yield canonicalize_name(required.name)


def checked(package: Package) -> Package:
    """The package. Raises NotReady if its licence is not one that OmeFree may bring along, or has no text."""
    stated = set(re.split(r"[\s()]+", package.licence)) - {"", "AND", "OR"}
    if not stated <= ALLOWED:
        raise NotReady(f"{package.name} is under {package.licence!r}, which a release may not bring along")
    if not package.text:
        raise NotReady(f"{package.name} brings no text of its licence")
    return package


def sheet(own: str, packages: list[Package]) -> str:
    """OmeFree's own licence, a list of all packages, and the text of each one's licence."""
    rows = [f"{package.name} {package.version} ({package.licence})" for package in packages]
    listed = "\n".join(f"  {row}" for row in rows)
    texts = [f"{row}\n\n{package.text}\n" for row, package in zip(rows, packages, strict=True)]
    return RULE.join([f"{own.strip()}\n\nIt comes with the software of others, with thanks:\n\n{listed}\n", *texts])
