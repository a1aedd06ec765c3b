"""Packages of translation tools: zips with a project file, bilingual files and what else they put in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from tests.formats.writers.bilingual import mqxliff, sdlxliff, tmx, xliff_1
from tests.formats.writers.package import Package, Writer


def skeleton(package: Package) -> str:
    """The document without its texts, which travels with the package and comes back as it was."""
    parts = "".join(f"<part unit='{line.id}'/>" for line in package.lines)
    return f"<?xml version='1.0'?>\n<skeleton>{parts}</skeleton>"


def trados(package: Package) -> bytes:
    kind = "ReturnPackage" if is_back(package) else "ProjectPackage"
    project = (
        f"<?xml version='1.0' encoding='utf-8'?>\n<PackageProject PackageType='{kind}' PackageGuid='0b1d-44'"
        f" PackageCreatedBy='PETRA-PC\\petra'><GeneralProjectInfo Name={quoteattr(package.id)} CreatedBy='petra'/>"
        "<LanguageDirections/></PackageProject>"
    )
    return zipped({"call.sdlproj": project, "en-GB/call.txt.sdlxliff": _file(package, sdlxliff)})


def memoq(package: Package) -> bytes:
    return zipped({"document.mqxliff": mqxliff(package), "skeleton.xml": skeleton(package)})


def xlz(package: Package) -> bytes:
    return zipped({"content.xlf": xliff_1(package), "skeleton.skl": "%%%1%%%\n%%%2%%%\n"})


def worldserver(package: Package) -> bytes:
    return zipped({"xliff/call.txt.xlf": xliff_1(package), "tm/memory.tmx": tmx(package)})


def tipp(package: Package) -> bytes:
    inner = zipped({"bilingual/call.xlf": _file(package, xliff_1)})
    task = f"<UniquePackageID>{package.id}</UniquePackageID><TaskType>translate-strict-bitext</TaskType>"
    descriptor = (
        f"<UniquePackageID>urn:uuid:77</UniquePackageID><TaskResponse><InResponseTo>{task}</InResponseTo></TaskResponse>"
        if is_back(package)
        else f"<UniquePackageID>{package.id}</UniquePackageID><TaskRequest>{task}</TaskRequest>"
    )
    described = f"<GlobalDescriptor>{descriptor}</GlobalDescriptor>"
    manifest = f"<?xml version='1.0'?>\n<TIPPManifest version='1.5'>{described}</TIPPManifest>"
    return zipped({"manifest.xml": manifest, "resources.zip": inner})


def is_back(package: Package) -> bool:
    return all(line.chosen for line in package.lines)


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


PACKED: dict[str, tuple[str, Writer]] = {
    "sdlppx": ("p.sdlppx", trados),
    "mqxlz": ("p.mqxlz", memoq),
    "xlz": ("p.xlz", xlz),
    "wsxz": ("p.wsxz", worldserver),
    "tipp": ("p.tipp", tipp),
}


def _file(package: Package, writer: Writer) -> str | bytes:
    """A file in a package is named by its own original, which is not the package."""
    text = writer(package)
    assert isinstance(text, str)
    return text.replace(f'original="{package.id}"', 'original="C:\\Users\\petra\\call.txt"')
