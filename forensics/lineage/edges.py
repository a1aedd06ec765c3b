"""Ties each sighting, for everything registered in it, to the earlier sighting it most likely came from. Pure.

The first is tied to what was issued. An edge says on what evidence, and how likely it is that the content is the same
and came from just there. A file of whose bytes there were several is as likely from each, unless the process that wrote
or sent it had one of them open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from forensics.lineage.nouns import Edge, Kind, Means, Piece, Sighting, Trace

MOST_EARLIER = 16
"""Earlier sightings of one content that are compared: the latest."""
MOST_ITEMS = 30
"""Registered items of one sighting that are followed."""
UNORDERED = 0.5
"""How sure it is that a file that was found there came from the other, and not the other from it."""
INFERRED = 0.85
"""How sure an inferred upload is: of 120 uploads of no file, 18 fit one by chance (`make bench-inference`)."""
_OF_SOUND = 2
"""The strength of the same sound in another format; in the same format it is more."""


@dataclass(frozen=True, slots=True)
class _Link:
    """A way that content may have come. `strength` orders kinds of evidence."""

    origin: Sighting
    kind: Kind
    strength: int
    evidence: str
    doubt: float = 0.0


@dataclass(slots=True)
class _Earlier:
    """Sightings so far, by what they have in common with later ones."""

    by_item: dict[str, list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    by_digest: dict[str, list[Sighting]] = field(default_factory=lambda: defaultdict(list))

    def add(self, seen: Sighting) -> None:
        for item in {trace.item for trace in seen.traces}:
            self.by_item[item].append(seen)
        for digest in {piece.sha256 for piece in seen.pieces if piece.sha256}:
            self.by_digest[digest].append(seen)

    def lose(self, ids: Collection[str]) -> None:
        """What was renamed is no longer where it was."""
        for lists in (self.by_item, self.by_digest):
            for key, some in lists.items():
                lists[key] = [each for each in some if each.id not in ids]

    def like(self, seen: Sighting, item: str) -> list[Sighting]:
        """The latest that have this item or bytes in common with it, each once, oldest first."""
        digests = {piece.sha256 for piece in _bearing(seen, item)} | {seen.digest}
        lists = [self.by_item.get(item, []), *(self.by_digest.get(digest, []) for digest in digests if digest)]
        found = {each.id: each for some in lists for each in some[-MOST_EARLIER:]}
        return sorted(found.values(), key=lambda each: each.time)[-MOST_EARLIER:]


def edges(sightings: Iterable[Sighting]) -> tuple[Edge, ...]:
    """The edges to each sighting in the order of time; one for each item in it, those of one origin put together."""
    earlier = _Earlier()
    found: list[Edge] = []
    for seen in sorted(sightings, key=lambda each: each.time):
        into = _joined(_edges_to(seen, earlier))
        found += into
        earlier.lose({edge.origin for edge in into if edge.kind in (Kind.RENAMED, Kind.AGAIN)})
        earlier.add(seen)
    return tuple(found)


def _edges_to(seen: Sighting, earlier: _Earlier) -> Iterator[Edge]:
    for item in list(dict.fromkeys(trace.item for trace in seen.traces))[:MOST_ITEMS] or [""]:
        arrives = seen.is_wire and not seen.is_leaving
        links = [] if arrives else [_link(origin, seen, item) for origin in earlier.like(seen, item)]
        ranked = [(_rank(link, seen), link) for link in links if link is not None]
        if ranked:
            yield _edge(ranked, seen, item)
        elif item:
            best = min(_traces(seen, item), key=lambda trace: trace.doubt)
            yield Edge(
                origin=f"package:{best.package}" if best.package else f"item:{item}",
                derived=seen.id,
                kind=Kind.ISSUED,
                evidence=_doubted(best.words, seen),
                confidence=_sure(best.doubt, seen),
                items=(item,),
            )


def _edge(ranked: Sequence[tuple[tuple[bool, int, bool], _Link]], seen: Sighting, item: str) -> Edge:
    """The latest of the best links; as likely from each of those that are as good, unless one was open."""
    highest = max(rank for rank, _ in ranked)
    best = [link for rank, link in ranked if rank == highest]
    link = best[-1]
    was_open = highest[0]
    others = len({each.origin.place for each in best} - {link.origin.place})
    evidence = link.evidence
    if was_open:
        evidence += f"; {seen.process or 'the process'} had it open"
    elif others:
        evidence += f"; {others} other earlier {'place' if others == 1 else 'places'} had it too, this is the latest"
    sure = _sure(link.doubt, seen) / (1 if was_open else 1 + others)
    if seen.is_found and link.kind is not Kind.AGAIN:
        evidence += "; found there, not seen coming: in the order of their change times"
        sure *= UNORDERED
    return Edge(
        origin=link.origin.id,
        derived=seen.id,
        kind=link.kind,
        evidence=_doubted(evidence, seen),
        confidence=sure,
        items=(item,) if item else (),
    )


def _rank(link: _Link, seen: Sighting) -> tuple[bool, int, bool]:
    """Orders links: from a file that the process had open, then by evidence, then of the same user."""
    return link.origin.place in seen.opened, link.strength, link.origin.user == seen.user


def _link(origin: Sighting, seen: Sighting, item: str) -> _Link | None:
    """How one sighting may have come from an earlier one, by the strongest evidence there is."""
    if origin.digest and origin.digest == seen.digest:
        return _same(origin, seen)
    inner = {piece.sha256: piece for piece in seen.pieces[1:] if piece.sha256}
    within = {piece.sha256: piece for piece in origin.pieces[1:] if piece.sha256}
    if origin.digest in inner:
        return _Link(origin, Kind.PACKED, 7, f"{inner[origin.digest].name} inside has the same SHA-256")
    if seen.digest in within:
        return _Link(origin, Kind.UNPACKED, 7, f"{within[seen.digest].name} inside that has the same SHA-256")
    if common := [piece for digest, piece in inner.items() if digest in within]:
        return _Link(origin, Kind.REPACKED, 6, f"{common[0].name} inside both has the same SHA-256")
    return _alike(origin, seen, item)


def _same(origin: Sighting, seen: Sighting) -> _Link:
    """The same bytes as a whole."""
    if seen.is_wire or origin.is_wire:
        kind = Kind.SENT if seen.is_wire else Kind.SAVED
        return _Link(origin, kind, 8, "same SHA-256")
    if origin.place == seen.place:
        return _Link(origin, Kind.AGAIN, 10, "same place and SHA-256")
    if seen.file and origin.file == seen.file:
        kind = Kind.RENAMED if seen.was_renamed else Kind.LINKED
        return _Link(origin, kind, 9, f"same file (inode {seen.file.rpartition(':')[2]}) and SHA-256")
    return _Link(origin, Kind.COPIED, 8, "same SHA-256")


def _alike(origin: Sighting, seen: Sighting, item: str) -> _Link | None:
    """The same registered item in other bytes."""
    pairs = [(one, other) for one in _traces(origin, item) for other in _traces(seen, item)]
    if not pairs:
        return None
    one, other = min(pairs, key=lambda pair: (_strength(*pair) * -1, pair[0].doubt + pair[1].doubt))
    strength, doubt = _strength(one, other), max(one.doubt, other.doubt)
    if other.means is Means.MEMBER:
        return _Link(origin, Kind.PACKED, strength, other.words, doubt)
    if one.means is Means.MEMBER:
        return _Link(origin, Kind.UNPACKED, strength, one.words, doubt)
    if Means.WORDS in (one.means, other.means):
        return _Link(origin, Kind.QUOTED, strength, other.words, doubt)
    was, became = origin.pieces[one.piece].media_type, seen.pieces[other.piece].media_type
    words = other.words if other.means in (Means.SOUND, Means.LOOK) else one.words
    if was != became:
        return _Link(origin, Kind.CONVERTED, strength, f"{was} became {became}; {words}", doubt)
    return _Link(origin, Kind.ALTERED, strength + (strength == _OF_SOUND), words, doubt)


def _strength(one: Trace, other: Trace) -> int:
    order = {Means.WORDS: 1, Means.SOUND: _OF_SOUND, Means.LOOK: _OF_SOUND, Means.MEMBER: 4, Means.BYTES: 5}
    return min(order[one.means], order[other.means])


def _bearing(seen: Sighting, item: str) -> list[Piece]:
    return [seen.pieces[trace.piece] for trace in _traces(seen, item)]


def _traces(seen: Sighting, item: str) -> list[Trace]:
    return [trace for trace in seen.traces if trace.item == item]


def _sure(doubt: float, seen: Sighting) -> float:
    return (1 - doubt) * (INFERRED if seen.is_inferred else 1.0)


def _doubted(evidence: str, seen: Sighting) -> str:
    return f"inferred from its size; {evidence}" if seen.is_inferred else evidence


def _joined(found: Iterable[Edge]) -> list[Edge]:
    """Edges of one origin and kind as one: the evidence of the first, as sure as the least sure of them."""
    by_origin: dict[tuple[str, Kind], Edge] = {}
    for edge in found:
        key = (edge.origin, edge.kind)
        known = by_origin.get(key)
        if known is None:
            by_origin[key] = edge
            continue
        least = min(known.confidence, edge.confidence)
        by_origin[key] = replace(known, items=known.items + edge.items, confidence=least)
    return list(by_origin.values())
