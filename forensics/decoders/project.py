"""Opens the project files of translation packages: which package, made by whose tool, on which way."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached, Malformed
from forensics.formats.project_files import ProjectReader
from forensics.formats.text_parts import fallback_body, text_view
from forensics.formats.xml_events import read_events
from forensics.model import Artifact, Part


class Project(Decoder):
    """Who made the package, when and on which machine stands in it: all of that is metadata."""

    def accepts(self, artifact: Artifact) -> bool:
        """The root element says so."""
        return not artifact.is_view and artifact.media_type == "application/x-translation-project+xml"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield what it says of the package as facts, and the rest as metadata; broken XML falls back to its text."""
        reader = ProjectReader(budget.limits.text_mib << 20)
        problem: Malformed | LimitReached | None = None
        try:
            reader.read(read_events(artifact.content.chunks()))
        except (Malformed, LimitReached) as error:
            problem = error
            yield from fallback_body(artifact.content, budget.limits.text_mib << 20)
        told = {"package.tool": reader.tool, "package.kind": reader.kind, "package.id": reader.name}
        facts = {fact: value for fact, value in told.items() if value}
        yield Part(name="project", content=Content.of(b""), media_type="text/plain", is_view=True, facts=facts)
        if reader.metadata:
            yield text_view("metadata", "\n".join(reader.metadata), "metadata")
        if problem is not None:
            raise problem
