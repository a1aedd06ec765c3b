"""First drafts of rules by kind, each with a sample it finds and a near miss it does not: to be written over."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from forensics.rulebook.identifier_kinds import KINDS as DETECTORS
from forensics.rulebook.rule_text import Wanted, rule_source
from forensics.rulebook.yara_text import quoted
from forensics.text_safety import visible

_MOST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What one kind of rule begins as: what it is, and the files of the pack by path within it."""

    about: str
    files: Callable[[Wanted], Mapping[PurePosixPath, bytes]]


def rule_path(id: str, folder: str = "yara", suffix: str = ".yar") -> PurePosixPath:
    """Where a rule's file lies in its pack."""
    return PurePosixPath(folder, id.lower() + suffix)


def sample_path(id: str, kind: str, name: str) -> PurePosixPath:
    """Where a sample lies in its pack. `kind`: hit or miss; of `name`, which may be anybody's, the last part counts."""
    last = visible(re.split(r"[/\\]", name)[-1]).lstrip(". ")[-_MOST_NAME:]
    return PurePosixPath("samples", id, kind, last or "sample")


def _yara(wanted: Wanted) -> Mapping[PurePosixPath, bytes]:
    source = rule_source(
        wanted,
        {"$header": '"#our-export v1"', "$field": '"\\nclip="'},
        '$header at 0 and $field and not filename iendswith ".template"',
    )
    return {
        rule_path(wanted.id): source.encode(),
        sample_path(wanted.id, "hit", "first.txt"): b"#our-export v1\nclip=1\n",
        sample_path(wanted.id, "hit", "second.txt"): b"#our-export v1\r\nmade=2026\r\nclip=2\r\n",
        sample_path(wanted.id, "miss", "notes.txt"): b"How to read #our-export v1: each clip=1 is a recording.\n",
        sample_path(wanted.id, "miss", "empty.txt"): b"#our-export v1\n",
    }


def _text(wanted: Wanted) -> Mapping[PurePosixPath, bytes]:
    source = rule_source(
        wanted,
        {"$phrase": '"for reviewers of our programme only" nocase', "$work": '"choose the best translation" nocase'},
        "all of them",
        scope="text",
    )
    says = b"For reviewers of our programme only.\n\nListen to the clip, then choose the best translation.\n"
    page = b"<html><body><p>For reviewers of our programme only.</p><p>Choose the best translation.</p></body></html>"
    return {
        rule_path(wanted.id): source.encode(),
        sample_path(wanted.id, "hit", "guide.txt"): says,
        sample_path(wanted.id, "hit", "guide.html"): page,
        sample_path(wanted.id, "miss", "memo.txt"): b"This memo is for reviewers of our programme only.\n",
        sample_path(wanted.id, "miss", "course.txt"): b"The course teaches to choose the best translation.\n",
    }


def _identifier(wanted: Wanted) -> Mapping[PurePosixPath, bytes]:
    lines = [
        f"# kind: one of {', '.join(sorted(DETECTORS))}",
        "[[rule]]",
        f"id = {quoted(wanted.id)}",
        'kind = "serial"',
        f"title = {quoted(wanted.title)}",
        f"description = {quoted(wanted.about)}",
        f"severity = {quoted(wanted.severity)}",
        'category = "identifier"',
        f"author = {quoted(wanted.author)}",
        f"created = {quoted(wanted.created.isoformat())}",
        "version = 1",
        'status = "draft"',
        'labels = ["asset tag"]',
        "",
    ]
    clip = b'{"clips": [{"audio": "c1.wav", "candidates": ["one", "two"], "%s": "%s"}]}\n'
    table = b"audio\tasset tag\tcandidate 1\tcandidate 2\n" + b"".join(
        b"c%d.wav\tRF8N30C%dKZT\tone\ttwo\n" % (number, number) for number in range(1, 4)
    )
    return {
        rule_path(wanted.id, "identifiers", ".toml"): "\n".join(lines).encode(),
        sample_path(wanted.id, "hit", "manifest.json"): clip % (b"asset tag", b"RF8N30CQKZT"),
        sample_path(wanted.id, "hit", "clips.tsv"): table,
        sample_path(wanted.id, "miss", "manifest.json"): clip % (b"shelf", b"RF8N30CQKZT"),
        sample_path(wanted.id, "miss", "absent.json"): clip % (b"asset tag", b"none"),
    }


TEMPLATES: Mapping[str, Template] = {
    "yara": Template(about="bytes at any depth", files=_yara),
    "text": Template(about="words in documents, mails and bilingual files", files=_text),
    "identifier": Template(about="numbers that name a device or subscriber", files=_identifier),
}
