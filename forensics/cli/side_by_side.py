"""What left beside what was issued: the sections `audio` and `text` of `earwitness show`, as lines and as JSON."""

from __future__ import annotations

import dataclasses
import mimetypes
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from forensics.cli.beside import Wanted
from forensics.cli.context import Session
from forensics.cli.opening import contents, lying
from forensics.cli.reference_access import recorded_access
from forensics.cli.render import heard_words
from forensics.comparing import Drawn, draw, opened, registered_text
from forensics.content import Content
from forensics.fingerprints.audio.picture import Picture
from forensics.register.book import Register
from forensics.register.references import References
from forensics.registration.sources import files_of
from forensics.reports.difference import Stretch, difference
from forensics.reports.records import record
from forensics.store import reader, remembered
from forensics.store.rows import AlertDetail, MatchRow, ObservationDetail
from forensics.text_safety import visible

Detail = AlertDetail | ObservationDetail
MOST_DRAWN = 20
MOST_FILES = 5000
MOST_TEXT_BYTES = 16 << 20
"""Files of a folder that are looked at, and how large one may be to be opened for its texts."""
SHADES = " .:-=+*#%@"
COLUMNS = 100
"""Columns of a picture for people."""
_MARKS = {"same": " ", "changed": "~", "added": "+", "missing": "-", "unkept": "?"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What of a folder is opened: files of these digests, and where texts are compared what may hold them."""

    digests: Set[str]
    is_text: bool

    def of(self, path: Path) -> Iterator[tuple[Path, Content]]:
        """The file, or what of a folder is opened. Raises InputError for what is not there."""
        if not path.is_dir():
            yield path, Content.at(path)
            return
        for file in islice(files_of(path), MOST_FILES):
            if isinstance(file, OSError):
                continue
            content = Content.at(file.path)
            is_media = (mimetypes.guess_type(file.path.name)[0] or "").startswith(("audio/", "video/", "image/"))
            if content.sha256 in self.digests or (self.is_text and not is_media and content.size <= MOST_TEXT_BYTES):
                yield file.path, content


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A registered text and where it was found; `issued` is empty, and so are the `stretches`, where it is not at hand.

    `left` is the passage as far as the store keeps it.
    """

    match: MatchRow
    left: str
    offset: int
    length: int
    issued: str = ""
    stretches: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The sounds and the passages of one alert; `problems` says what could not be opened."""

    sounds: Sequence[tuple[MatchRow, Drawn | None]]
    passages: Sequence[Passage]
    problems: Sequence[str] = field(default_factory=tuple)


def compare(session: Session, detail: Detail, name: str, wanted: Wanted) -> Compared:
    """Compare what may be opened; `name` is the evidence's id. Raises InputError for a file that cannot be read."""
    heard = [match for match in detail.matches if match.sound is not None]
    texts = [match for match in detail.matches if match.matcher == "text"]
    if not wanted.is_any or not heard + texts:
        return Compared(sounds=[(match, None) for match in heard], passages=[_passage(match, "") for match in texts])
    register = Register.load(session.store)
    items = [register.item(match.item) for match in heard]
    known = {item.sha256 for item in items if item is not None} | {artifact.sha256 for artifact in detail.artifacts}
    named = _contents(session, name, wanted, Sought(digests=known, is_text=bool(texts)))
    found = opened(session.config, session.store, named)
    passages = [_passage(match, registered_text(register, match.item, found.texts)) for match in texts]
    digests = {artifact.number: artifact.sha256 for artifact in detail.artifacts}
    with recorded_access(session, wanted.reference_key, f"to show {name}") as access:
        kept = References.open(session.store, access.key_file, access.count).waveform if access.key_file else _none
        sounds: list[tuple[MatchRow, Drawn | None]] = [(match, None) for match in heard[MOST_DRAWN:]]
        sounds[:0] = [
            (match, draw(match, digests.get(match.artifact_number, ""), found, register, kept))
            for match in heard[:MOST_DRAWN]
        ]
    return Compared(sounds=sounds, passages=passages, problems=found.problems)


def _none(_: str) -> None:
    return None


def _contents(session: Session, name: str, wanted: Wanted, sought: Sought) -> dict[str, Content]:
    """What is to be opened, by name."""
    found = {str(path): content for each in wanted.files for path, content in sought.of(each)}
    if wanted.unsealed:
        with session.open_store() as store:
            found.update(contents(session, store, wanted.unsealed))
    if wanted.is_drawn:
        connection = reader.open_reader(session.store)
        try:
            number = reader.row_id(connection, name)
            seen = remembered.one(connection, number) if number is not None else None
        finally:
            connection.close()
        content = lying(seen) if seen is not None else None
        if content is not None:
            found["as seen"] = content
    return found


def _passage(match: MatchRow, issued: str) -> Passage:
    excerpt = next((each for each in match.why if each.kind == "text"), None)
    left = excerpt.text if excerpt is not None else ""
    is_cut = excerpt is not None and len(left) != excerpt.length and left.endswith("…")
    kept = left.removesuffix("…") if is_cut else left
    stretches = difference(kept, issued, is_cut=is_cut) if issued and kept else ()
    return Passage(
        match=match,
        left=left,
        offset=excerpt.offset if excerpt is not None else 0,
        length=excerpt.length if excerpt is not None else 0,
        issued=issued,
        stretches=stretches,
    )


def lines(section: str, found: Compared) -> Iterator[str]:
    """A section for people."""
    yield section.capitalize()
    if section == "audio":
        for match, drawn in found.sounds:
            yield from _sound_lines(match, drawn)
    else:
        for passage in found.passages:
            yield from _passage_lines(passage)
    if not (found.sounds if section == "audio" else found.passages):
        yield "  none"
    yield from (f"  not read: {visible(problem)}" for problem in found.problems)


def record_of(section: str, found: Compared) -> dict[str, Any]:
    """A section as JSON."""
    if section == "audio":
        sounds = [{**record(match), "pictures": _pictures(drawn)} for match, drawn in found.sounds]
        return {"section": section, "sounds": sounds, "problems": list(found.problems)}
    passages = [
        {
            "match": passage.match.id,
            "item": passage.match.item,
            "score": passage.match.score,
            "artifact_number": passage.match.artifact_number,
            "offset": passage.offset,
            "length": passage.length,
            "left": passage.left,
            "issued": passage.issued or None,
            "difference": [dataclasses.asdict(each) for each in passage.stretches],
        }
        for passage in found.passages
    ]
    return {"section": section, "passages": passages, "problems": list(found.problems)}


def _pictures(drawn: Drawn | None) -> Mapping[str, Any] | None:
    """The pictures of a match, and what is said of each; levels are rows of hexadecimal digits, high bands first."""
    if drawn is None:
        return None
    sides = zip(("left", "issued"), (drawn.leaked, drawn.issued), drawn.said, strict=True)
    return {
        side: {"said": said, **(dataclasses.asdict(picture) if picture is not None else {})}
        for side, picture, said in sides
    }


def _sound_lines(match: MatchRow, drawn: Drawn | None) -> Iterator[str]:
    end = match.clip_start_s + match.duration_s
    words = ", ".join(heard_words(match.sound, match.speed))
    below = "" if match.accepted else "below threshold: "
    span = f"{match.clip_start_s:.2f}-{end:.2f} s of it"
    yield f"  {below}clip {visible(match.item)}, {span}, score {match.score:.2f}, {words}"
    assert match.sound is not None
    if agreements := match.sound.agreements:
        share = f"{sum(agreements) / len(agreements):.0%} of bits agree"
        yield f"    {'codes':<7} {share}, {sum(match.sound.evidence):.0f} nats"
    if drawn is None:
        return
    for side, picture, said in zip(("left", "issued"), (drawn.leaked, drawn.issued), drawn.said, strict=True):
        yield f"    {side:<7} {visible(said)}"
        if picture is not None:
            yield from (f"    {'':<7} {row}" for row in _shaded(picture))
            yield f"    {'':<7} from second {picture.start_s:.2f}, {picture.seconds:.2f} s, 280 to 3,500 Hz upwards"


def _shaded(picture: Picture) -> Iterator[str]:
    width = len(picture.peaks)
    for high, low in zip(picture.levels[::2], picture.levels[1::2], strict=False):
        steps = [max(int(high[at], 16), int(low[at], 16)) for at in (x * width // COLUMNS for x in range(COLUMNS))]
        yield "".join(SHADES[step * (len(SHADES) - 1) // 15] for step in steps).rstrip()


def _passage_lines(passage: Passage) -> Iterator[str]:
    match = passage.match
    where = f"at character {passage.offset:,}, {passage.length:,} characters"
    yield f"  text {visible(match.item)} in #{match.artifact_number} {where}, score {match.score:.2f}"
    if not passage.stretches:
        yield f"    + {visible(passage.left)}"
        yield "    the registered text is not at hand: the register keeps keyed prints, no text; --beside FILE names it"
    for each in passage.stretches:
        mark = _MARKS[each.kind]
        if each.kind == "unkept":
            yield f"    ? {visible(each.issued)}"
            yield "    (of what left, the store keeps only what stands before)"
        if each.kind in ("changed", "missing"):
            yield f"    - {visible(each.issued)}"
        if each.left:
            yield f"    {'+' if mark in '~+' else ' '} {visible(each.left)}"
