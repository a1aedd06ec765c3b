"""Project files of packages: what they say, and that any bytes end in a report."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import Malformed
from tests.decoders.opening import opened

TRADOS = (
    "<?xml version='1.0'?>\n<PackageProject PackageType='{0}' PackageCreatedBy='PETRA-PC\\petra'>"
    "<GeneralProjectInfo Name='TR-7' DueDate='2026-12-01'/></PackageProject>"
)


@pytest.mark.parametrize(("kind", "way"), [("ProjectPackage", "outbound"), ("ReturnPackage", "return")])
def test_trados_names_package_way_and_people(kind: str, way: str) -> None:
    result = opened(TRADOS.format(kind).encode(), "x.sdlproj")
    assert result.facts == {"package.tool": "trados", "package.kind": way, "package.id": "TR-7"}
    assert "PackageProject.PackageCreatedBy: PETRA-PC\\petra" in result.text("metadata")


def test_other_tools_are_told_by_what_they_call_their_file() -> None:
    facts = opened(b"<HandoffPackage xmlns='urn:memoq:handoff' ProjectName='TR-8'><Docs/></HandoffPackage>").facts
    assert facts == {"package.tool": "memoq", "package.kind": "outbound", "package.id": "TR-8"}
    assert opened(b"<DeliveryPackage JobId='TR-8'/>").facts == {"package.kind": "return", "package.id": "TR-8"}


def test_a_bomb_is_refused_and_its_text_kept() -> None:
    result = opened(b"<!DOCTYPE x [<!ENTITY a 'ha'>]><PackageProject Name='x'>said &a;</PackageProject>")
    assert "entities" in result.raised(Malformed)
    assert "said" in result.text()


def test_settings_of_other_programs_are_no_project_files() -> None:
    assert opened(b"<Project Sdk='Microsoft.NET.Sdk'><PropertyGroup/></Project>").type == "application/xml"


@given(st.binary(max_size=200), st.integers(0, 200))
@settings(max_examples=100, deadline=None)
def test_damage_anywhere_is_only_told(noise: bytes, at: int) -> None:
    data = TRADOS.format("ReturnPackage").encode()
    opened(data[:at] + noise + data[at:], kind="application/x-translation-project+xml")
