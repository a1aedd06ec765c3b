"""One package in every format and language: registered from one of them, it is recognised in all others."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics import triage
from forensics.config import Config
from forensics.content import Content
from forensics.model import Analysis, Observation
from forensics.pipeline import Pipeline, load
from forensics.policy import Policy, Sanctioned
from forensics.register.book import Register
from forensics.registration.run import register_paths
from tests.formats.writers.bilingual import BILINGUAL
from tests.formats.writers.listed import LISTED, RETURNS, manifest
from tests.formats.writers.package import LEGACY, WORDS, Package, Writer, package
from tests.formats.writers.packed import PACKED, skeleton, trados, zipped
from tests.formats.writers.resources import RESOURCES
from tests.formats.writers.timed import TIMED

Loaded = tuple[Pipeline, Register]
FORMATS = {**BILINGUAL, **LISTED, **PACKED, **TIMED}
RETURNED = {**BILINGUAL, **RETURNS, **PACKED}
WAY = Sanctioned(name="portal", destination="http://portal/return/*", programmes=("translator",))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """The pipeline over a register that was given one package a language, each as a JSON manifest with a skeleton."""
    folder, store = tmp_path_factory.mktemp("issued"), tmp_path_factory.mktemp("store")
    for language in WORDS:
        path = folder / language / "manifest.json"
        path.parent.mkdir()
        path.write_text(manifest(package(language)), "utf-8")
        path.with_name("skeleton.xml").write_text(skeleton(package(language)), "utf-8")
    for path in sorted(folder.iterdir()):
        list(register_paths([path], programme="translator", recipient="r", config=Config(), store=store))
    return load(Config(), store)


def written(writer: Writer, of: Package, encoding: str) -> bytes:
    """The file in an encoding, which XML declares; the test is passed over where letters are not in it."""
    text = writer(of)
    if isinstance(text, bytes):
        return text
    if text.startswith("<?xml"):
        text = text.replace("version='1.0'?>", f"version='1.0' encoding='{encoding}'?>", 1)
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        pytest.skip(f"{encoding} has not all of its letters")


def analysed(loaded: Loaded, data: bytes, name: str) -> Analysis:
    seen = Observation(
        key="k", channel="http", time=0.0, name=name, content=Content.of(data), destination="http://portal/return/x"
    )
    return loaded[0].analyse(seen)


def clips(analysis: Analysis) -> set[str]:
    matches = [match for match in analysis.matches if match.accepted and match.matcher == "text"]
    return {match.item.partition(":")[0] for match in matches}


@pytest.mark.parametrize("is_legacy", [False, True], ids=["utf-8", "legacy"])
@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("name", FORMATS)
def test_a_package_is_recognised_in_every_format(loaded: Loaded, name: str, language: str, is_legacy: bool) -> None:
    issued = package(language)
    file, writer = FORMATS[name]
    analysis = analysed(loaded, written(writer, issued, LEGACY[language] if is_legacy else "utf-8"), file)
    assert clips(analysis) == {line.id for line in issued.lines}
    assert {match.package for match in analysis.matches if match.package} == {issued.id}
    facts = analysis.artifacts[0].facts
    assert int(facts.get("units") or facts["package.units"]) in (len(issued.lines), 2 * len(issued.lines))


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("name", RESOURCES)
def test_texts_of_a_package_are_recognised_in_string_tables(loaded: Loaded, name: str, language: str) -> None:
    issued = package(language)
    file, writer = RESOURCES[name]
    assert clips(analysed(loaded, written(writer, issued, "utf-8"), file)) == {line.id for line in issued.lines}


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("name", RETURNED)
def test_a_choice_in_every_format_is_a_return(loaded: Loaded, name: str, language: str) -> None:
    back = package(language).returned()
    file, writer = RETURNED[name]
    analysis = analysed(loaded, written(writer, back, "utf-8"), file)
    verdict = triage.decide(analysis, Policy(sanctioned=(WAY,)), loaded[1])
    assert verdict.returned == (back.id, "portal"), verdict.reason


@pytest.mark.parametrize("name", FORMATS)
def test_a_package_is_registered_alike_from_every_format(tmp_path: Path, name: str) -> None:
    """Whatever it was registered from, the same clips are known by what was said in them."""
    issued = package("fr")
    file, writer = FORMATS[name]
    source, store = tmp_path / "in" / file, tmp_path / "store"
    source.parent.mkdir()
    data = writer(issued)
    source.write_bytes(data if isinstance(data, bytes) else data.encode())
    list(register_paths([source.parent], programme="translator", recipient="r", config=Config(), store=store))
    analysis = analysed(load(Config(), store), manifest(issued).encode(), "manifest.json")
    found = {match.item for match in analysis.matches if match.matcher == "text" and ":source-" in match.item}
    assert len(found) == len(issued.lines)
    if name in (*BILINGUAL, *PACKED):
        assert {match.package for match in analysis.matches if match.package} == {issued.id}


def test_a_package_says_whose_it_is_and_which_way_it_goes(loaded: Loaded) -> None:
    issued = package("de")
    for writer, tool in ((trados, "trados"), (PACKED["mqxlz"][1], "memoq"), (PACKED["tipp"][1], "tipp")):
        for each, kind in ((issued, "outbound"), (issued.returned(), "return")):
            data = writer(each)
            assert isinstance(data, bytes)
            facts = analysed(loaded, data, "p.zip").artifacts[0].facts
            assert (facts["package.tool"], facts["package.kind"]) == (tool, kind)
            assert facts["package.units"] == "4"
            assert (facts["package.candidates"] == "0") is (kind == "return")


@pytest.mark.parametrize(
    ("beside", "objection"),
    [
        ({"call.sdlproj": "<PackageProject PackageType='ProjectPackage' Name='PK-DE-11'/>"}, "calls it outbound"),
        ({"other.sdlproj": "<PackageProject PackageType='ReturnPackage' Name='PK-FR-11'/>"}, "several packages"),
        ({"skeleton.xml": "<skeleton><part unit='9'/></skeleton>"}, "no translation"),
        ({"fr/skeleton.xml": skeleton(package("fr"))}, "of another package"),
        (
            {"x.xml": f"<PackageProject Comment='{package('de').lines[0].candidates[0]}'/>"},
            "candidates nobody chose",
        ),
    ],
    ids=["outbound", "two projects", "another skeleton", "skeleton of another package", "a candidate in the project"],
)
def test_what_a_returned_package_must_not_hold(loaded: Loaded, beside: dict[str, str], objection: str) -> None:
    members = {"call.xlf": str(FORMATS["xliff 1.2"][1](package("de").returned())), **beside}
    analysis = analysed(loaded, zipped(members), "p.sdlrpx")
    verdict = triage.decide(analysis, Policy(sanctioned=(WAY,)), loaded[1])
    assert verdict.is_alert
    assert objection in verdict.reason
