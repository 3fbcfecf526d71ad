"""The bill of materials: CycloneDX 1.6, JSON (https://cyclonedx.org/docs/1.6/json/)."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from release.errors import NotReady
from release.shipped import Package


def bill(root: Component, committed: datetime, direct: set[str], packages: list[Package]) -> str:
    """The bill of OmeFree (`own`), the same for everybody who builds the same commit.

    `direct` are the names of the packages that OmeFree itself needs.
    """
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, f"{root.purl} {root.hashes}"),
        metadata=BomMetaData(component=root, timestamp=committed),
    )
    parts = {(package.kind, package.name): component(package) for package in packages}
    bom.components.update(parts.values())
    bom.register_dependency(root, [part for (kind, name), part in parts.items() if kind == "npm" or name in direct])
    for package in packages:
        needed = [parts[package.kind, name] for name in package.needs if (package.kind, name) in parts]
        bom.register_dependency(parts[package.kind, package.name], needed)
    return str(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"


def own(version: str, wheel_sha256: str) -> Component:
    """OmeFree itself, that is its wheel."""
    return Component(
        type=ComponentType.APPLICATION,
        name="omefree",
        version=version,
        bom_ref="omefree",
        purl=PackageURL("pypi", None, "omefree", version),
        licenses=[DisjunctiveLicense(id="MIT")],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=wheel_sha256)],
    )


def component(package: Package) -> Component:
    """A package as a part of the bill."""
    group, _, name = package.name.rpartition("/")
    purl = PackageURL(package.kind, group or None, name, package.version)
    is_expression = " " in package.licence
    return Component(
        name=name,
        group=group or None,
        version=package.version,
        bom_ref=str(purl),
        purl=purl,
        licenses=[LicenseExpression(package.licence) if is_expression else DisjunctiveLicense(id=package.licence)],
        hashes=[HashType(alg=HashAlgorithm.SHA_512, content=package.sha512)] if package.sha512 else [],
    )


def check(text: str) -> None:
    """Holds a bill against the published schema. Raises NotReady with the first fault."""
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault is not None:
        raise NotReady(f"the bill of materials is not CycloneDX 1.6: {fault}")
