# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the software bill of materials (SBOM) of a built collection, as CycloneDX JSON: sbom.py TARBALL SBOM.

The SBOM lists every file of the tarball with its checksum, and the run-time requirements of the collection.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

REQUIREMENTS = Path("requirements.txt")


def sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def read_json(archive: tarfile.TarFile, name: str) -> dict[str, Any]:
    file = archive.extractfile(name)
    assert file
    content: dict[str, Any] = json.load(file)
    return content


def collection(tarball: Path) -> Component:
    """The collection with its files, from the lists that ansible-galaxy put into the tarball."""
    with tarfile.open(tarball) as archive:
        manifest, files = (read_json(archive, name) for name in ("MANIFEST.json", "FILES.json"))
    info = manifest["collection_info"]
    name = f"{info['namespace']}.{info['name']}"
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=info["version"],
        bom_ref=f"{name}@{info['version']}",
        description=info["description"],
        licenses=[LicenseExpression("GPL-3.0-or-later")],
        hashes=[sha256(hashlib.sha256(tarball.read_bytes()).hexdigest())],
        external_references=[ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(info["repository"]))],
        components=[
            Component(
                type=ComponentType.FILE, name=file["name"], bom_ref=file["name"], hashes=[sha256(file["chksum_sha256"])]
            )
            for file in files["files"]
            if file["ftype"] == "file"
        ],
    )


def required() -> list[Component]:
    """Return the run-time requirements of the collection, without versions: the user chooses them at installation."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    requirements = ["ansible-core", *(line for line in lines if line and not line.startswith("#"))]
    components = []
    for requirement in requirements:
        name, *limits = requirement.split(" ", 1)
        components.append(
            Component(
                type=ComponentType.LIBRARY,
                name=name,
                bom_ref=name,
                description=f"any version that fits: {limits[0]}" if limits else None,
                purl=PackageURL("pypi", None, name),
            )
        )
    return components


def main() -> None:
    tarball, target = map(Path, sys.argv[1:])
    bom = Bom(components=required())
    bom.metadata.component = collection(tarball)
    bom.register_dependency(bom.metadata.component, bom.components)
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"The SBOM is not valid: {error}")
    target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
