"""`register` with terms, `issued` and `programme` through the real command line: from issue to recall."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from forensics import errors
from forensics.resources import samples_folder
from forensics.store import reader
from tests.cli.invoking import earwitness as plain
from tests.cli.test_scan import earwitness

SAMPLES = samples_folder()
PACKAGE = SAMPLES / "packages" / "TR-2043"
TERMS = ("--consent", "token-77", "--agreement", "NDA 3", "--notice", "2026-05", "--scope", "languages=es,en")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A configuration whose programme demands consent, and whose way back is a folder for what leaves."""
    (tmp_path / "policy.toml").write_text(
        '[programmes.translator]\ndemands = ["consent"]\npurposes = ["translation"]\nlanguages = ["es", "en", "de"]\n'
    )
    (tmp_path / "config.toml").write_text(f'policy = "{tmp_path / "policy.toml"}"\nhost = "ws-7"\n')
    return tmp_path / "config.toml"


def register(folder: Path, config: Path, *options: str, source: Path = PACKAGE, who: str = "anna") -> list[dict]:
    words = ("register", str(source), "--config", str(config), "--programme", "translator", "--recipient", who)
    code, lines, said = earwitness(folder, *words, *options, "--json")
    assert code == 0, said
    return [line for line in lines if line["outcome"] == "issuer"]


def issued(folder: Path, *options: str) -> list[dict]:
    code, lines, _ = earwitness(folder, "issued", *options, "--json")
    assert code == 0
    return lines


def acts(folder: Path) -> list[tuple[str, str, str]]:
    connection = reader.open_reader(folder)
    try:
        rows = connection.execute("SELECT action, subject, detail FROM acts WHERE action LIKE 'programme%'"
                                  " OR action IN ('recalled', 'consent withdrawn') ORDER BY id")  # fmt: skip
        return [tuple(row) for row in rows]
    finally:
        connection.close()


def alerts(folder: Path) -> list[tuple[str, str, str]]:
    connection = reader.open_reader(folder)
    try:
        return [tuple(row) for row in connection.execute("SELECT title, user, channel FROM alert_list ORDER BY id")]
    finally:
        connection.close()


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_is_issued_on_which_terms_is_listed(tmp_path: Path, policy: Path) -> None:
    store = tmp_path / "s"
    assert register(store, policy, *TERMS, "--due", "2020-01-01") == []
    register(store, policy, *TERMS, "--due", "14d", who="boris", source=SAMPLES / "packages" / "TR-2041")
    first, second = issued(store)
    assert (first["package"], first["state"], first["overdue"], first["consents"]) == ("TR-2043", "issued", True, 1)
    assert (first["agreement"], first["notice"], first["languages"]) == ("NDA 3", "2026-05", ["en", "es"])
    assert first["due"] == "2020-01-02T00:00:00.000Z"
    assert (second["overdue"], second["scope"]) == (False, {"languages": ["es", "en"], "purposes": []})
    assert first["recipient"].startswith("p-")
    assert [each["package"] for each in issued(store, "--overdue")] == ["TR-2043"]
    assert [each["package"] for each in issued(store, "--recipient", "boris")] == ["TR-2041"]
    assert [each["package"] for each in issued(store, "--recipient", first["recipient"])] == ["TR-2043"]
    assert issued(store, "--programme", "dictation") == []
    kept = bytes_of(store)
    assert b"token-77" not in kept
    assert b"boris" not in kept
    shown = plain("--store", store, "issued")
    assert (shown.returncode, "2 issued; 1 overdue" in shown.stderr) == (0, True)
    assert "due 2020-01-02  overdue" in shown.stdout


def test_what_a_workstation_sees_opens_it(tmp_path: Path, policy: Path) -> None:
    store = tmp_path / "s"
    register(store, policy, *TERMS)
    work = shutil.copytree(PACKAGE, tmp_path / "work")
    assert earwitness(store, "scan", str(work), "--config", str(policy), "--json")[0] in (0, 1)
    (found,) = issued(store, "--open")
    assert (found["state"], found["opened"] or found["places"]) != ("issued", [])
    assert found["places"][0]["evidence"][0] in "AO"


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ((), "without a consent token"),
        pytest.param(
            ("--consent", "t", "--scope", "languages=de"),
            "with en, es, outside the languages of its translation scope",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ("--consent", "t", "--scope", "purposes=advertising"),
            "for advertising, outside the purposes of its programme",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_is_wrong_with_an_issue_is_the_issuers(
    tmp_path: Path, policy: Path, options: tuple[str, ...], fault: str
) -> None:
    store = tmp_path / "s"
    (found,) = register(store, policy, *options)
    assert fault in found["reason"]
    assert "against the issuer, not against who holds it" in found["reason"]
    register(store, policy, *options)
    ((title, user, channel),) = alerts(store)
    assert (fault in title, user, channel) == (True, "", "issue")
    work = shutil.copytree(PACKAGE, tmp_path / "work")
    earwitness(store, "scan", str(work), "--config", str(policy), "--json")
    assert [row for row in alerts(store) if row[2] == "issue"] == [(title, "", "issue")]


def test_a_manifest_carries_the_terms(tmp_path: Path, policy: Path) -> None:
    source = shutil.copytree(PACKAGE, tmp_path / "package")
    manifest = json.loads((source / "manifest.json").read_text("utf-8"))
    said = {"consent": ["m-1", "m-2"], "nda": "NDA 9", "due": "2030-06-01", "scope": {"purposes": ["translation"]}}
    (source / "manifest.json").write_text(json.dumps(manifest | said), "utf-8")
    assert register(tmp_path / "s", policy, source=source) == []
    (found,) = issued(tmp_path / "s")
    assert (found["consents"], found["agreement"], found["due"][:10]) == (2, "NDA 9", "2030-06-02")
    assert found["scope"]["purposes"] == ["translation"]
    assert b"m-1" not in (tmp_path / "s" / "register.sqlite").read_bytes()
    (source / "manifest.json").write_text(json.dumps(manifest | {"due": "soon", "consent": "x"}), "utf-8")
    code, lines, _ = earwitness(
        tmp_path / "t", "register", str(source), "--programme", "translator", "--recipient", "r", "--json"
    )
    assert code == 0
    assert any("no date such as" in line.get("reason", "") for line in lines)


def test_halt_resume_recall_and_withdrawal_stand_in_the_log(tmp_path: Path, policy: Path) -> None:
    store = tmp_path / "s"
    register(store, policy, *TERMS)
    why = ("--reason", "court order")
    code, lines, _ = earwitness(store, "programme", "halt", "translator", *why, "--json")
    assert (code, [line["halted"] for line in lines]) == (0, [True])
    again = plain("--store", store, "programme", "halt", "translator", *why)
    assert (again.returncode, "stands already" in again.stderr, "seen nowhere" in again.stdout) == (0, True, True)
    assert earwitness(store, "programme", "resume", "translator", *why)[0] == 0
    assert earwitness(store, "programme", "resume", "translator", *why)[0] == errors.InputError.exit_code
    code, lines, _ = earwitness(store, "programme", "recall", "--package", "TR-2043", *why, "--json")
    assert (code, [line["state"] for line in lines]) == (0, ["recalled"])
    code, lines, _ = earwitness(store, "programme", "recall", "--clip", "TR-2043-c01", *why, "--json")
    assert (code, [line["package"] for line in lines]) == (0, ["TR-2043"])
    code, lines, _ = earwitness(store, "programme", "withdraw", "--consent", "token-77", *why, "--json")
    assert [line["package"] for line in lines] == ["TR-2043"]
    assert earwitness(store, "programme", "recall", "--package", "TR-9", *why)[0] == errors.InputError.exit_code
    assert earwitness(store, "programme", "recall", *why)[0] == 2
    done = acts(store)
    assert [(action, subject.partition(":")[0]) for action, subject, _ in done] == [
        ("programme halted", "programme"),
        ("programme resumed", "programme"),
        ("recalled", "package"),
        ("recalled", "clip"),
        ("consent withdrawn", "consent"),
    ]
    assert {detail for _, _, detail in done} == {"court order"}
    assert b"token-77" not in bytes_of(store)
    code, lines, _ = earwitness(store, "programme", "list", "--json")
    assert [(line["act"], line["about"]) for line in lines] == [
        ("recall", "package"),
        ("recall", "clip"),
        ("withdrawal", "consent"),
    ]
    assert plain("--store", store, "verify").returncode == 0


def test_a_recall_says_who_still_holds_what(tmp_path: Path, policy: Path) -> None:
    store = tmp_path / "s"
    register(store, policy, *TERMS)
    register(store, policy, *TERMS, who="boris")
    work = shutil.copytree(PACKAGE, tmp_path / "work")
    earwitness(store, "scan", str(work), "--config", str(policy), "--json")
    code, lines, _ = earwitness(store, "programme", "recall", "translator", "--reason", "breach", "--json")
    assert (code, len({line["recipient"] for line in lines})) == (0, 2)
    places = {place["place"]: place for place in lines[0]["places"]}
    assert (work / "manifest.json").as_uri() in places
    assert {place["host"] for place in places.values()} == {"ws-7"}
    assert all(place["evidence"][1:].isdecimal() for place in places.values())
    code, _, _ = earwitness(store, "programme", "recall", "TR-none", "--reason", "x", "--json")
    assert code == errors.InputError.exit_code


def test_what_is_issued_after_a_withdrawal_or_a_halt_is_the_issuers(tmp_path: Path, policy: Path) -> None:
    store = tmp_path / "s"
    register(store, policy, *TERMS)
    earwitness(store, "programme", "withdraw", "--consent", "token-77", "--reason", "asked for", "--json")
    earwitness(store, "programme", "halt", "translator", "--reason", "court order", "--json")
    (found,) = register(store, policy, *TERMS, source=SAMPLES / "packages" / "TR-2041", who="boris")
    assert "after a consent it rests on was withdrawn" in found["reason"]
    assert "after programme translator was halted" in found["reason"]


def test_a_scope_and_a_date_that_are_none_are_refused(tmp_path: Path, policy: Path) -> None:
    who = ("register", str(PACKAGE), "--programme", "t", "--recipient", "r")
    for option in (("--scope", "colour=red"), ("--scope", "languages"), ("--due", "soon")):
        assert earwitness(tmp_path / "s", *who, *option)[0] == errors.InputError.exit_code
