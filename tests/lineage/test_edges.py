"""Which sighting came from which: the strongest evidence, what was open, and honest doubt between equals."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.lineage.edges import INFERRED, UNORDERED, edges
from forensics.lineage.nouns import Edge, Kind, Means, Piece, Sighting, Trace

WAV, MP3, ZIP = "audio/wav", "audio/mpeg", "application/zip"


def trace(*, item: str = "c1", piece: int = 0, means: Means = Means.BYTES, doubt: float = 0.0) -> Trace:
    return Trace(item=item, package="P", piece=piece, means=means, doubt=doubt, words=f"by {means}")


def piece(digest: str, media_type: str = WAV, name: str = "x") -> Piece:
    return Piece(name=name, sha256=digest, media_type=media_type)


def seen(id: str, time: float, *pieces: Piece, traces: tuple[Trace, ...] = (trace(),), **rest: Any) -> Sighting:
    place = rest.pop("place", f"file:///home/{id}")
    is_wire = not place.startswith("file:")
    return Sighting(
        id=id,
        time=time,
        channel="http" if is_wire else "work",
        place=place,
        name=id,
        is_leaving=rest.pop("is_leaving", is_wire),
        is_wire=is_wire,
        pieces=pieces,
        traces=traces,
        **rest,
    )


def told(*sightings: Sighting) -> list[tuple[str, str, Kind]]:
    return [(edge.origin, edge.derived, edge.kind) for edge in edges(sightings)]


HEARD = trace(means=Means.SOUND, doubt=1e-6)
INSIDE = trace(piece=1)
ORIGINAL = seen("O1", 1, piece("a"), file="8:1")
URL = "http://drop.example/x"

STEPS = {
    "copied": (seen("O2", 2, piece("a"), file="8:2"), Kind.COPIED),
    "renamed": (seen("O2", 2, piece("a"), file="8:1", was_renamed=True), Kind.RENAMED),
    "linked": (seen("O2", 2, piece("a"), file="8:1"), Kind.LINKED),
    "again": (seen("O2", 2, piece("a"), file="8:1", place="file:///home/O1"), Kind.AGAIN),
    "sent": (seen("A2", 2, piece("a"), place=URL), Kind.SENT),
    "packed": (seen("O2", 2, piece("z", ZIP), piece("a"), traces=(INSIDE,)), Kind.PACKED),
    "locked": (seen("O2", 2, piece("z", ZIP), traces=(trace(means=Means.MEMBER, doubt=1e-9),)), Kind.PACKED),
    "converted": (seen("O2", 2, piece("b", MP3), traces=(HEARD,)), Kind.CONVERTED),
    "altered": (seen("O2", 2, piece("b"), traces=(HEARD,)), Kind.ALTERED),
    "quoted": (seen("O2", 2, piece("b"), traces=(trace(means=Means.WORDS, doubt=0.002),)), Kind.QUOTED),
}


@pytest.mark.parametrize("name", STEPS)
def test_each_step_has_its_name_and_its_evidence(name: str) -> None:
    later, kind = STEPS[name]
    first, second = edges([later, ORIGINAL])
    assert (first.origin, first.derived, first.kind) == ("package:P", "O1", Kind.ISSUED)
    assert (second.origin, second.derived, second.kind) == ("O1", later.id, kind)
    assert second.evidence
    assert 0.99 < second.confidence <= 1.0


def test_what_is_taken_out_of_an_archive_comes_from_it() -> None:
    archive = seen("O1", 1, piece("z", ZIP), piece("a", name="in.wav"), traces=(INSIDE,))
    assert told(archive, seen("O2", 2, piece("a")))[1] == ("O1", "O2", Kind.UNPACKED)
    assert told(archive, seen("O2", 2, piece("y", ZIP), piece("a"), traces=(INSIDE,)))[1] == ("O1", "O2", Kind.REPACKED)


def test_bytes_speak_louder_than_sound() -> None:
    copy = seen("O2", 2, piece("b", MP3), traces=(HEARD,))
    assert told(ORIGINAL, copy, seen("A3", 3, piece("a"), place=URL))[-1] == ("O1", "A3", Kind.SENT)


def test_the_same_sound_in_the_same_format_is_nearer_than_in_another() -> None:
    converted = seen("O2", 2, piece("b", MP3), traces=(HEARD,))
    cut = seen("O3", 3, piece("c"), traces=(HEARD,))
    assert told(ORIGINAL, converted, cut)[-1] == ("O1", "O3", Kind.ALTERED)


def test_of_what_was_found_there_nobody_knows_which_came_first() -> None:
    found = seen("O2", 2, piece("a"), is_found=True)
    issued, copied, sent = edges([ORIGINAL, found, seen("A3", 3, piece("a"), place=URL, opened=(found.place,))])
    assert (copied.kind, copied.confidence) == (Kind.COPIED, UNORDERED)
    assert "not seen coming" in copied.evidence
    assert issued.confidence == sent.confidence == 1.0


def test_of_equals_the_latest_is_named_and_the_doubt_is_said() -> None:
    copy = seen("O2", 2, piece("a"))
    *_, sent = edges([ORIGINAL, copy, seen("A3", 3, piece("a"), place=URL)])
    assert (sent.origin, sent.confidence) == ("O2", 0.5)
    assert "1 other earlier place" in sent.evidence


def test_what_the_process_had_open_settles_it() -> None:
    copy = seen("O2", 2, piece("a"))
    opened = (ORIGINAL.place,)
    *_, sent = edges([ORIGINAL, copy, seen("A3", 3, piece("a"), place=URL, opened=opened, process="curl")])
    assert (sent.origin, sent.confidence) == ("O1", 1.0)
    assert "curl had it open" in sent.evidence


def test_a_file_that_was_renamed_is_no_longer_where_it_was() -> None:
    renamed = seen("O2", 2, piece("a"), file="8:1", was_renamed=True)
    *_, sent = edges([ORIGINAL, renamed, seen("A3", 3, piece("a"), place=URL)])
    assert (sent.origin, sent.confidence) == ("O2", 1.0)


def test_what_was_inferred_says_so() -> None:
    *_, sent = edges([ORIGINAL, seen("A2", 2, piece("a"), place=URL, is_inferred=True, opened=(ORIGINAL.place,))])
    assert sent.confidence == INFERRED
    assert sent.evidence.startswith("inferred from its size")


def test_what_arrives_comes_from_nobody_here() -> None:
    arrived = seen("O2", 2, piece("a"), place=URL, is_leaving=False)
    assert told(ORIGINAL, arrived)[1] == ("package:P", "O2", Kind.ISSUED)
    assert told(arrived, seen("O3", 3, piece("a")))[1] == ("O2", "O3", Kind.SAVED)


def test_an_archive_of_many_clips_has_one_edge_from_each_of_its_files() -> None:
    clips = [seen(f"O{n}", n, piece(str(n)), traces=(trace(item=f"c{n}"),)) for n in range(1, 4)]
    traces = tuple(trace(item=f"c{n}", piece=n) for n in range(1, 4))
    archive = seen("A9", 9, piece("z", ZIP), *(piece(str(n)) for n in range(1, 4)), traces=traces)
    assert told(*clips, archive)[3:] == [(f"O{n}", "A9", Kind.PACKED) for n in range(1, 4)]


def test_the_clips_of_one_origin_are_one_edge() -> None:
    traces = tuple(trace(item=f"c{n}", piece=n) for n in range(1, 4))
    archive = seen("O1", 1, piece("z", ZIP), *(piece(str(n)) for n in range(1, 4)), traces=traces)
    issued, copied = edges([archive, seen("O2", 2, *archive.pieces, traces=traces)])
    assert issued.items == copied.items == ("c1", "c2", "c3")


SIGHTINGS = st.builds(
    lambda number, time, digests, found, place, **rest: seen(
        f"O{number}", time, *(piece(each) for each in digests), traces=found(len(digests)), place=place, **rest
    ),
    number=st.integers(0, 30),
    time=st.integers(0, 9),
    digests=st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=1, max_size=3),
    found=st.lists(
        st.tuples(st.sampled_from("pq"), st.integers(0, 2), st.sampled_from(Means), st.floats(0, 1)), max_size=3
    ).map(
        lambda drawn: (
            lambda count: tuple(
                trace(item=item, piece=at % count, means=means, doubt=doubt) for item, at, means, doubt in drawn
            )
        )
    ),
    place=st.sampled_from(["file:///1", "file:///2", URL]),
    file=st.sampled_from(["", "8:1"]),
    was_renamed=st.booleans(),
    is_inferred=st.booleans(),
    opened=st.sampled_from([(), ("file:///1",)]),
)


@given(st.lists(SIGHTINGS, max_size=12, unique_by=lambda each: each.id))
def test_edges_lead_from_earlier_to_later_and_are_probabilities(sightings: list[Sighting]) -> None:
    times = {each.id: each.time for each in sightings}
    found = edges(sightings)
    assert len({(edge.origin, edge.derived, edge.kind) for edge in found}) == len(found)
    for edge in found:
        assert 0 <= edge.confidence <= 1
        assert edge.origin != edge.derived
        assert times.get(edge.origin, -1) <= times[edge.derived]


def test_a_crowd_of_copies_stays_cheap() -> None:
    traces = tuple(trace(item=f"c{n}", means=Means.SOUND, doubt=0.1) for n in range(100))
    crowd = [seen(f"O{n}", n, piece(f"{n % 50}"), traces=traces) for n in range(300)]
    found: tuple[Edge, ...] = edges(crowd)
    assert {edge.derived for edge in found} == {each.id for each in crowd}
