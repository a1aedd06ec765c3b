"""The case file as Digital Forensics XML 1.1.0: every artifact as a file object with its digest and byte runs.

https://github.com/dfxml-working-group/dfxml_schema. Ranges of a file that were never seen are byte runs of the type
`missing`; a file object inside another has the path of its containers before its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from forensics.model import ByteRange
from forensics.reports.casefile import CaseFile, Finding
from forensics.reports.product import NAME, product_version
from forensics.store.rows import ArtifactRow
from forensics.text_safety import visible

_SPACE = "http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"


def dfxml(case: CaseFile) -> Iterator[str]:
    """The document, piece by piece. Its elements stand in the order that the schema demands."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<dfxml xmlns="{_SPACE}" xmlns:dc="{_DUBLIN_CORE}" version="1.1.0">\n'
    yield "<metadata><dc:type>Hash List</dc:type></metadata>\n"
    yield f"<creator><program>{NAME}</program><version>{product_version()}</version></creator>\n"
    yield f"<source><image_filename>{_text(case.subject)}</image_filename></source>\n"
    for finding in case.findings:
        for artifact in finding.detail.artifacts:
            yield from _object(finding, artifact)
    yield "</dfxml>\n"


def _object(finding: Finding, artifact: ArtifactRow) -> Iterator[str]:
    yield "<fileobject>"
    yield f"<filename>{_text('/'.join(artifact.path))}</filename>"
    yield f"<id>{finding.id}#{artifact.number}</id><name_type>r</name_type><filesize>{artifact.size}</filesize>"
    if artifact.media_type:
        yield f"<libmagic>{_text(artifact.media_type)}</libmagic>"
    if artifact.number == 0 and finding.detail.missing_ranges:
        yield f"<byte_runs>{''.join(_runs(finding.detail.missing_ranges, artifact.size))}</byte_runs>"
    if artifact.sha256:
        yield f'<hashdigest type="sha256">{_text(artifact.sha256)}</hashdigest>'
    yield "</fileobject>\n"


def _runs(missing: Sequence[ByteRange], size: int) -> Iterator[str]:
    """What was seen and what was not, in the order of the file."""
    at = 0
    for gap in sorted(missing, key=lambda each: each.start):
        if gap.start > at:
            yield f'<byte_run file_offset="{at}" len="{gap.start - at}"/>'
        yield f'<byte_run file_offset="{gap.start}" len="{gap.size}" type="missing"/>'
        at = max(at, gap.end)
    if at < size:
        yield f'<byte_run file_offset="{at}" len="{size - at}"/>'


def _text(text: str) -> str:
    return escape(visible(text))
