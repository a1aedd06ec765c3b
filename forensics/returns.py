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
from forensics.parcels import PROJECT, count
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
    if not any(count(each, "units") for each in analysis.artifacts):
        return ()
    return tuple(package for package in sorted(_packages(analysis, register)) if register.package(package) is not None)


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
    if any(_is_sound(artifact) for artifact in artifacts):
        yield "it carries audio"
    frames = _frames(analysis, matches, register)
    if not all(_belongs(artifact) or artifact.number in frames for artifact in artifacts if not _is_sound(artifact)):
        yield "it carries something that is no translation"
    if any(match.matcher in ("digest", "audio", "image") and match.artifact not in frames for match in matches):
        yield "it carries issued files"
    if any(match.matcher == "yara" and match.category not in _OWN_KINDS for match in matches):
        yield "it carries what rules forbid"
    if any(count(a, "candidates") for a in artifacts) or _has_loose_candidates(matches, register):
        yield "it carries candidates nobody chose"
    if not any(count(a, "chosen") for a in artifacts):
        yield "it holds no chosen translation"
    if any(o.kind not in (OutcomeKind.CLEAN, OutcomeKind.MATCHED) or o.reason for o in analysis.outcomes):
        yield "not all of it could be read"
    if any(a.media_type == PROJECT and a.facts.get("package.kind") == "outbound" for a in artifacts):
        yield "its project file calls it outbound"
    packages = _packages(analysis, register)
    if len(packages) != 1:
        yield "it names no package" if not packages else "it holds several packages"
    if {match.package for match in matches if match.package} - packages:
        yield "it carries text of another package"


def _programme_objections(analysis: Analysis, way: Sanctioned, register: Register) -> Iterator[str]:
    for identity in _packages(analysis, register):
        package = register.package(identity)
        if package is None:
            yield f"package {identity} was never issued"
        elif way.programmes and package.programme not in way.programmes:
            yield f"package {identity} belongs to another programme"


def _packages(analysis: Analysis, register: Register) -> set[str]:
    """The packages that are named; where a project file names an issued one, names nobody issued are file names."""
    named = {package for artifact in analysis.artifacts for package in artifact.packages}
    leading = {package for a in analysis.artifacts if a.media_type == PROJECT for package in a.packages}
    if not any(register.package(package) for package in leading):
        return named
    return {package for package in named if register.package(package)}


def _is_sound(artifact: Artifact) -> bool:
    return artifact.media_type.startswith(("audio/", "video/")) or "audio.codec" in artifact.facts


def _frames(analysis: Analysis, matches: Sequence[Match], register: Register) -> set[int]:
    """Files of markup that were issued with the package and come back as they were: skeletons, settings."""
    issued = {
        match.artifact
        for match in matches
        if match.matcher == "digest" and (item := register.item(match.item)) is not None and item.kind == "file"
    }
    return {
        a.number
        for a in analysis.artifacts
        if a.number in issued and a.media_type in ("application/xml", PROJECT) and not count(a, "units")
    }


def _belongs(artifact: Artifact) -> bool:
    """Units, what wraps them, the project file of their package, a covering note, or nothing at all."""
    is_wrapping = _WRAPPING.fullmatch(artifact.media_type) is not None and "zip.findings" not in artifact.facts
    is_note = artifact.media_type in ("text/plain", "text/html", PROJECT)
    return bool(count(artifact, "units")) or is_wrapping or is_note or not artifact.content.size


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
