"""Whether what goes to a sanctioned destination is a return and nothing more: every piece must account for itself."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from urllib.parse import unquote

from forensics import ways
from forensics.model import Analysis, Artifact, Known, Match, Observation, OutcomeKind, Severity
from forensics.policy import Policy, Sanctioned
from forensics.register.book import Register
from forensics.register.terms import HALT, RECALL, WITHDRAWAL, Control

_WRAPPING = re.compile(
    r"application/(?:zip|gzip|zstd|mbox|vnd\.rar|vnd\.ms-cab|x-(?:tar|gtar|7z|xz|bzip|lz|rar|cpio).*)|message/.*"
)
_OWN_KINDS = ("bilingual", "package")
"""Categories of rules that a return satisfies by being what it is."""
LAST_TIME = 253_402_300_799.0
"""The end of the calendar, in Unix seconds."""
_WHOLE = 0.75
"""Share of a candidate found from which the candidate itself is there, not words of it in an edited translation."""


def judge(
    analysis: Analysis, matches: Sequence[Match], policy: Policy, register: Register
) -> tuple[Sanctioned | None, list[str]]:
    """The sanctioned way whose destination fits, and what speaks against this being a return.

    Where several ways share a destination, the one that least speaks against.
    """
    seen = analysis.observation
    judged = [
        (
            way,
            [
                *_sender_objections(seen, way),
                *_objections(analysis, matches, register),
                *_programme_objections(analysis, way, register),
            ],
        )
        for way in policy.sanctioned
        if (not way.channels or ways.is_among(seen.channel, way.channels))
        and _fits(seen, way)
        and way.reaches(seen.peer)
    ]
    return min(judged, key=lambda found: len(found[1]), default=(None, []))


def named(analysis: Analysis, register: Register) -> tuple[str, ...]:
    """The issued packages whose translations these are by what they say themselves."""
    if not any(_count(each, "units") for each in analysis.artifacts):
        return ()
    return tuple(package for package in sorted(_packages(analysis)) if register.package(package) is not None)


def unchosen(matches: Sequence[Match], register: Register, known: Known) -> list[str]:
    """The candidates among what was found that nobody returned, in words: such a text is the package's own."""
    found: dict[str, None] = {}
    for match in matches:
        item = register.item(match.item) if match.matcher == "text" and match.score >= _WHOLE else None
        back = known.returns.get(match.package)
        if item is not None and item.role == "candidate" and not (back and item.id in back.texts):
            clip, _, number = item.id.rpartition(":candidate-")
            found[f"candidate {number} of clip {clip}"] = None
    return list(found)


def doubts(package: str, analysis: Analysis, register: Register, known: Known) -> list[tuple[Severity, str]]:
    """What is to be said of a return that is one by place and shape, and how loudly.

    Low is what ordinary work does too (sent once more, late): it stands in the reason and raises no alert under the
    shipped policy. Medium is a package that should not have been there any more; nothing reached a stranger. High is
    one that its sender was never given: it went from hand to hand.
    """
    issues = register.issues.of(package)
    said = [(Severity.MEDIUM, words(control)) for control in register.issues.against(issues)]
    back = known.returns.get(package)
    if back is not None:
        said.append((Severity.LOW, f"it was returned before, {_day(back.time)} ({back.way})"))
    due = min((issue.due for issue in issues if issue.due), default=0.0)
    if due and analysis.observation.time > due:
        said.append((Severity.LOW, f"it was due {_day(due)}"))
    if (
        known.sender
        and known.sender not in {issue.recipient for issue in issues}
        and register.issues.knows(known.sender)
    ):
        said.append((Severity.HIGH, "it was issued to somebody else than who returned it"))
    return said


def deed(control: Control) -> str:
    """A decision as part of a sentence."""
    return {
        HALT: f"programme {control.name} was halted",
        RECALL: f"{control.about} {control.name} was recalled",
        WITHDRAWAL: "a consent it rests on was withdrawn",
    }[control.act]


def words(control: Control) -> str:
    """A decision with its time and reason."""
    return f"{deed(control)} {_day(control.since)}" + (f" ({control.reason})" if control.reason else "")


def _day(time: float) -> str:
    return f"on {datetime.fromtimestamp(min(max(time, 0.0), LAST_TIME), UTC):%Y-%m-%d %H:%M} UTC"


def _sender_objections(seen: Observation, way: Sanctioned) -> Iterator[str]:
    """Whether the account and the program are the way's; unknown ones are none of its."""
    for asked, name, what in (
        (way.accounts, seen.subject.user, "account"),
        (way.processes, posixpath.basename(seen.subject.process), "process"),
    ):
        if asked and not name:
            yield f"its {what} is not known"
        elif asked and not any(fnmatchcase(name, pattern) for pattern in asked):
            yield f"its {what} is none of this way's"


def _fits(seen: Observation, way: Sanctioned) -> bool:
    """Say whether it went where the way leads; of what was inferred no more than the host is known."""
    destination, pattern = plain(seen.destination), way.destination
    if seen.inference:
        destination, pattern = ("/".join(text.split("/")[:3]) for text in (destination, pattern))
    return fnmatchcase(destination, pattern)


def plain(destination: str) -> str:
    """The destination as a server reads it: percent signs undone, `..` followed, the query left as it is."""
    head, separator, query = destination.partition("?")
    scheme, slashes, rest = unquote(head).partition("://")
    host, slash, path = rest.partition("/")
    plain = posixpath.normpath(f"/{path}").lstrip("/") + ("/" if path.endswith("/") and path.strip("/") else "")
    return f"{scheme}{slashes}{host}{slash}{plain}{separator}{query}"


def _objections(analysis: Analysis, matches: Sequence[Match], register: Register) -> Iterator[str]:
    """What keeps content from being a return: one package, one translation a clip, nothing beside it, all read."""
    artifacts = analysis.artifacts
    if any(a.media_type.startswith(("audio/", "video/")) or "audio.codec" in a.facts for a in artifacts):
        yield "it carries audio"
    elif not all(_belongs(artifact) for artifact in artifacts):
        yield "it carries something that is no translation"
    if any(match.matcher in ("digest", "audio") for match in matches):
        yield "it carries issued files"
    if any(match.matcher == "yara" and match.category not in _OWN_KINDS for match in matches):
        yield "it carries what rules forbid"
    if any(_count(a, "candidates") for a in artifacts) or _has_loose_candidates(matches, register):
        yield "it carries candidates nobody chose"
    if not any(_count(a, "chosen") for a in artifacts):
        yield "it holds no chosen translation"
    if any(o.kind not in (OutcomeKind.CLEAN, OutcomeKind.MATCHED) or o.reason for o in analysis.outcomes):
        yield "not all of it could be read"
    packages = _packages(analysis)
    if len(packages) != 1:
        yield "it names no package" if not packages else "it holds several packages"
    if {match.package for match in matches if match.package} - packages:
        yield "it carries text of another package"


def _programme_objections(analysis: Analysis, way: Sanctioned, register: Register) -> Iterator[str]:
    for identity in _packages(analysis):
        package = register.package(identity)
        if package is None:
            yield f"package {identity} was never issued"
        elif way.programmes and package.programme not in way.programmes:
            yield f"package {identity} belongs to another programme"


def _packages(analysis: Analysis) -> set[str]:
    return {package for artifact in analysis.artifacts for package in artifact.packages}


def _belongs(artifact: Artifact) -> bool:
    """Units, what wraps them, a covering note, or nothing at all."""
    is_wrapping = _WRAPPING.fullmatch(artifact.media_type) is not None and "zip.findings" not in artifact.facts
    is_note = artifact.media_type in ("text/plain", "text/html")
    return bool(_count(artifact, "units")) or is_wrapping or is_note or not artifact.content.size


def _has_loose_candidates(matches: Sequence[Match], register: Register) -> bool:
    """Issued candidates that stand elsewhere than as a translation, or several of them for one clip."""
    whole: set[tuple[int, str]] = set()
    for match in matches:
        item = register.item(match.item) if match.matcher == "text" else None
        if item is None or item.role != "candidate":
            continue
        if any(excerpt.label != "target" for excerpt in match.why):
            return True
        clip = (match.artifact, match.item.rpartition(":")[0])
        if match.score >= _WHOLE:
            if clip in whole:
                return True
            whole.add(clip)
    return False


def _count(artifact: Artifact, fact: str) -> int:
    value = artifact.facts.get(fact, "")
    return int(value) if value.isascii() and value.isdecimal() else 0
