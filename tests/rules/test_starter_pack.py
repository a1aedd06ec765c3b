"""What the shipped rules say of ordinary life and of sanctioned returns: nothing that alerts."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forensics.cli.rules.books import analyser
from forensics.config import Limits
from forensics.content import Content
from forensics.model import Analysis, Severity
from forensics.resources import rules_folder, samples_folder
from forensics.rulebook.book import Rulebook

Analyse = Callable[[Content, str], Analysis]
SAMPLES = samples_folder()
ORDINARY: dict[str, str] = {
    "invoice.txt": "Invoice 2026-1147\nSerial number: C02XG0FDJHD5\nIBAN DE89370400440532013000\nTotal 1,299.00\n",
    "support.eml": "From: ann@example.org\nTo: help@example.org\nSubject: lost telephone\n\nIMEI 490154203237518, "
    "MAC a4:83:e7:12:5f:09. I recorded it in memo.wav. Confidential, please.\n",
    "film.srt": "1\n00:00:01,000 --> 00:00:03,000\nThe train is late.\n\n2\n00:00:04,000 --> 00:00:06,000\nAgain?\n",
    "messages.po": 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    'msgid "Play %s.mp3"\nmsgstr "Spiele %s.mp3"\n',
    "i18n.json": json.dumps({"en": {"a": "Save", "b": "bell.wav"}, "fr": {"a": "Enregistrer", "b": "bell.wav"}}),
    "package.json": json.dumps({"name": "player", "version": "1.0.0", "files": ["a.mp3", "b.mp3"], "keywords": ["x"]}),
    "library.m3u": "#EXTM3U\n" + "".join(f"#EXTINF:180,Band - Song {n}\nmusic/song{n}.mp3\n" for n in range(30)),
    "contacts.csv": "name,phone,mac\nAnn,+49 170 1234567,a4:83:e7:12:5f:09\nBob,+49 170 7654321,a4:83:e7:12:5f:0a\n",
    "inventory.csv": "asset,serial,imei\nphone,R58M12ABCDE,490154203237518\n",
    "page.html": f"<audio src='data:audio/wav;base64,{base64.b64encode(bytes(300)).decode()}'></audio>",
    "podcast.json": json.dumps({"episodes": [{"title": "One", "audio": "ep1.mp3", "transcript": "Hi.", "lang": "en"}]}),
    "asr.py": 'HYPOTHESES = ["hypotheses", "candidates"]\nprint(open("a.wav"))\n',
    "vocab.csv": "word,translation 1,translation 2\nchien,dog,hound\nchat,cat,tomcat\n",
    "app.xliff": '<?xml version="1.0"?><xliff version="1.2"><file original="app.strings" source-language="en" '
    'target-language="de" datatype="plaintext"><body><trans-unit id="a"><source>Play</source><target>Spielen</target>'
    "<note>tap.wav is heard</note></trans-unit></body></file></xliff>",
}


@pytest.fixture(scope="module")
def analyse() -> Analyse:
    return analyser(Rulebook.load([rules_folder() / "starter"]), Limits())


def alarms(analysis: Analysis) -> list[str]:
    return [match.rule for match in analysis.matches if match.severity.rank >= Severity.MEDIUM.rank]


def files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in (SAMPLES / folder).rglob("*") if path.is_file())


@pytest.mark.parametrize("path", files("private", "returns"), ids=lambda path: path.name)
def test_private_life_and_returns_raise_no_alarm(analyse: Analyse, path: Path) -> None:
    assert alarms(analyse(Content.at(path), path.name)) == []


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_files_raise_no_alarm(analyse: Analyse, name: str) -> None:
    assert alarms(analyse(Content.of(ORDINARY[name].encode()), name)) == []


@pytest.mark.parametrize("path", files("packages"), ids=lambda path: path.name)
def test_package_papers_raise_one(analyse: Analyse, path: Path) -> None:
    is_paper = path.suffix in (".json", ".jsonl", ".tsv", ".xlf")
    assert bool(alarms(analyse(Content.at(path), path.name))) == is_paper
