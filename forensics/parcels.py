"""What a container is as a translation package: whose tool made it, which way it goes, what is in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from forensics.model import Artifact

PROJECT = "application/x-translation-project+xml"
"""The type of a project file: it says which package what lies beside it is."""
_CONTAINER = re.compile(r"application/(?:zip|gzip|zstd|vnd\.rar|vnd\.ms-cab|x-(?:tar|gtar|7z|xz|bzip|lz|rar|cpio).*)")
_COUNTED = ("units", "clips", "candidates", "chosen")


def is_container(artifact: Artifact) -> bool:
    """Say whether this is an archive, which may be a package."""
    return _CONTAINER.fullmatch(artifact.media_type) is not None


def facts_of(inside: Sequence[Artifact]) -> Mapping[str, str]:
    """The facts of a container by what is in it, at any depth; empty when that is no translation.

    `package.kind` is what its project file says (`outbound` or `return`); without one, what has candidates, a
    recording or nothing chosen is outbound.
    """
    bilingual = [artifact for artifact in inside if count(artifact, "units")]
    projects = [artifact for artifact in inside if artifact.media_type == PROJECT]
    if not bilingual:
        return {}
    totals = {fact: sum(count(artifact, fact) for artifact in bilingual) for fact in _COUNTED}
    recordings = sum("audio.codec" in artifact.facts for artifact in inside)
    is_back = bool(totals["chosen"]) and not totals["candidates"] and not recordings
    kind = _said("package.kind", projects) or ("return" if is_back else "outbound")
    tool = _said("package.tool", projects) or _said("package.tool", bilingual)
    return {
        "package.kind": kind,
        **({"package.tool": tool} if tool else {}),
        "package.files": str(len(bilingual)),
        **{f"package.{fact}": str(total) for fact, total in totals.items()},
        "package.recordings": str(recordings),
    }


def count(artifact: Artifact, fact: str) -> int:
    """A fact that is a number; 0 where it is none."""
    value = artifact.facts.get(fact, "")
    return int(value) if value.isascii() and value.isdecimal() else 0


def _said(fact: str, artifacts: Sequence[Artifact]) -> str:
    return next((artifact.facts[fact] for artifact in artifacts if fact in artifact.facts), "")
