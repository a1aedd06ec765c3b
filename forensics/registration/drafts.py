"""From packages and recordings to the items of the register: which id, which texts, which digests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from forensics.fingerprints.text.normalise import normal_form, tokens
from forensics.fingerprints.text.shingles import TextPrint
from forensics.model import Unit
from forensics.register.storage import NewItem, Standing
from forensics.registration.bundles import Bundle
from forensics.registration.pieces import Piece, Place
from forensics.registration.sources import storable

Printer = Callable[[str], TextPrint]
Problem = tuple[str, str, str]
"""The name of what is not registered as it should be, the outcome in a word, and the reason."""
_NOBODYS_FILES: Final = frozenset(("license", "licence", "copying", "notice", "thumbs", "desktop"))
_MAX_VERSIONS: Final = 100


class Ledger(Protocol):
    """What is asked of the register while items are named."""

    def standing(self, item: NewItem, package: str) -> Standing:
        """What is registered under the item's id."""

    def owners(self, clip: str) -> frozenset[str]:
        """The packages that hold that clip or texts of it."""


@dataclass(slots=True)
class Draft:
    """The items of one package before they are stored, and what could not be registered, with the reason."""

    package: str
    print: Printer
    ledger: Ledger
    root: Place = ()
    items: dict[str, NewItem] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    languages: set[str] = field(default_factory=set)
    """What is spoken, and what it is translated into (BCP 47, as the format writes it)."""
    stated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What its manifest says of its issue."""
    _clips: dict[Place, str] = field(default_factory=dict)
    _said: set[tuple[str, str, str]] = field(default_factory=set)

    def add_clip(self, piece: Piece, names: Iterable[str]) -> str:
        """Register a recording under the first name that is free or its own; returns the name it got.

        A name under which this package already holds other sound is a contradiction, and a problem.
        """
        if piece.place in self._clips:
            return self._clips[piece.place]
        assert piece.sound is not None
        item = NewItem(
            id="",
            kind="clip",
            name="/".join(piece.place),
            sha256=piece.sha256,
            size=piece.size,
            crc32=piece.crc32,
            seconds=piece.sound.seconds,
            codes=b"" if piece.sound.is_weak else piece.sound.codes,
            is_weak=piece.sound.is_weak,
        )
        clip = self._named(item, names)
        self._clips[piece.place] = clip
        return clip

    def add_texts(self, clip: str, unit: Unit) -> None:
        """Register what a unit says under its clip; what was said before in that role is not said again."""
        self.languages |= {storable(tag)[:35] for tag in (unit.source_language, unit.target_language) if tag}
        roles = (("source", [unit.source]), ("candidate", unit.candidates), ("target", [unit.target]))
        for role, texts in roles:
            for text in texts:
                form = " ".join(filter(None, map(normal_form, tokens(text))))
                if form and (clip, role, form) not in self._said:
                    self._said.add((clip, role, form))
                    self._add_text(clip, role, text)

    def add_file(self, piece: Piece) -> None:
        """Register a file by its digest, unless it is one that everybody has."""
        if not piece.sha256 or not piece.is_member or piece.stem.lower() in _NOBODYS_FILES:
            return
        item = NewItem(
            id="",
            kind="file",
            name="/".join(piece.place),
            sha256=piece.sha256,
            size=piece.size,
            crc32=piece.crc32,
            picture=piece.picture or b"",
            is_weak=piece.picture == b"",
        )
        name = "/".join(piece.place[len(self.root) :]) or piece.name
        names = (f"{self.package}/{name}", f"{self.package}/{name}@{piece.sha256[:12]}")
        for identity in names:
            named = replace(item, id=identity)
            if self._standing(named) in (Standing.FREE, Standing.SAME):
                self.items[identity] = named
                return

    def _add_text(self, clip: str, role: str, text: str) -> None:
        """Number a text within its clip and role: a changed candidate is another candidate."""
        print_ = self.print(text)
        item = NewItem(id="", kind="text", name=clip, role=role, print=print_, is_weak=print_.is_weak)
        for number in range(1, _MAX_VERSIONS):
            named = replace(item, id=f"{clip}:{role}-{number}")
            if self._standing(named) in (Standing.FREE, Standing.SAME):
                self.items.setdefault(named.id, named)
                return
        self.problems.append((f"{clip}:{role}", "too_many", f"more than {_MAX_VERSIONS} versions of one text"))

    def _named(self, item: NewItem, names: Iterable[str]) -> str:
        name = ""
        for name in names:
            named = replace(item, id=name)
            standing = self._standing(named)
            if standing is Standing.CONTRADICTED:
                break
            if standing in (Standing.FREE, Standing.SAME):
                self.items.setdefault(name, named)
                return name
        self.problems.append((item.name, "contradicted", f"clip id {name} is already registered with other content"))
        return name

    def _standing(self, item: NewItem) -> Standing:
        drafted = self.items.get(item.id)
        if drafted is None:
            return self.ledger.standing(item, self.package)
        is_same = (drafted.kind, drafted.sha256, drafted.print) == (item.kind, item.sha256, item.print)
        return Standing.SAME if is_same else Standing.OTHERS


def draft_bundle(bundle: Bundle, printer: Printer, ledger: Ledger) -> Draft:
    """The items of a package: its clips, what is said in them, and every file."""
    draft = Draft(bundle.package, printer, ledger, bundle.root)
    by_source: dict[str, str] = {}
    for unit, recording in sorted(bundle.units, key=lambda pair: pair[1] is None):
        clip = _clip_of(draft, unit, recording, by_source)
        by_source.setdefault(unit.source, clip)
        draft.add_texts(clip, unit)
    for piece in bundle.pieces:
        draft.stated |= piece.stated
        if piece.sound is not None and piece.is_member:
            draft.add_clip(piece, _names(piece, bundle.package))
        else:
            draft.add_file(piece)
    draft.problems += _lost(bundle)
    return draft


def draft_loose(pieces: Iterable[Piece], package: str, printer: Printer, ledger: Ledger) -> Draft:
    """The items of recordings and pictures that came without a manifest."""
    draft = Draft(package, printer, ledger)
    for piece in pieces:
        if piece.sound is not None and piece.is_member:
            draft.add_clip(piece, _loose_names(piece, package, draft))
        elif piece.picture is not None:
            draft.add_file(piece)
    return draft


def draft_listed(clip: str, pieces: Iterable[Piece], package: str, printer: Printer, ledger: Ledger) -> Draft:
    """The items of one line of a list: the recording in that file under the id the list gives it, and its texts."""
    draft = Draft(package, printer, ledger)
    for piece in pieces:
        if piece.sound is not None:
            draft.add_clip(piece, (clip,) if clip not in draft.items else (f"{clip}/{'/'.join(piece.place[1:])}",))
        for unit in piece.units:
            draft.add_texts(clip, unit)
    return draft


def _clip_of(draft: Draft, unit: Unit, recording: Piece | None, by_source: dict[str, str]) -> str:
    """The clip a unit speaks of: its recording, else the clip in which the same was said, else one without sound."""
    identity = storable(unit.id).replace(":", "-")  # behind a colon stands which text of the clip it is
    if recording is not None and recording.sound is not None:
        names = (identity, f"{draft.package}/{identity}") if _tells(identity, recording) else ()
        return draft.add_clip(recording, (*names, *_names(recording, draft.package)))
    if unit.source and unit.source in by_source:
        return by_source[unit.source]
    if identity and not identity.isdigit() and draft.ledger.owners(identity) <= {draft.package}:
        return identity
    return f"{draft.package}/{identity or len(by_source) + 1}"


def _lost(bundle: Bundle) -> list[Problem]:
    """Recordings that a manifest names and that did not come with it, where others did."""
    if all(recording is None for _, recording in bundle.units):
        return []
    names = dict.fromkeys(unit.audio for unit, recording in bundle.units if unit.audio and recording is None)
    return [(storable(name), "missing", "named by the manifest, but not there") for name in names]


def _tells(identity: str, recording: Piece) -> bool:
    """Say whether a unit's id is better than the recording's name: there is one, and it is no bare line number."""
    return bool(identity) and (not identity.isdigit() or recording.stem.isdigit())


def _names(piece: Piece, package: str) -> tuple[str, ...]:
    """Names for a recording without a manifest's id, each longer than the one before."""
    return (piece.stem, f"{package}/{piece.stem}", f"{package}/{'/'.join(piece.place)}")


def _loose_names(piece: Piece, package: str, draft: Draft) -> Iterable[str]:
    """The stem, then with its folder, then the whole path, then with the digest: the first that nothing else has."""
    folder = piece.folder[-1:] or ("",)
    path = "/".join(piece.place)
    for name in (piece.stem, f"{folder[0]}/{piece.stem}", path, f"{path}@{piece.sha256[:12]}"):
        probe = NewItem(id=name, kind="clip", name="", sha256=piece.sha256)
        if draft.ledger.standing(probe, "") in (Standing.FREE, Standing.SAME):
            yield name
