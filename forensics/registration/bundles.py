"""Which files belong to one package: a manifest, the recordings it names, and all that lies under them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from forensics.model import Unit
from forensics.parcels import PROJECT
from forensics.registration.pieces import Piece, Place, stem_of, steps_of


@dataclass(slots=True)
class Bundle:
    """One package: where it begins, its id, its pieces and which recording each unit speaks of."""

    root: Place
    package: str
    pieces: list[Piece] = field(default_factory=list)
    units: list[tuple[Unit, Piece | None]] = field(default_factory=list)


class Recordings:
    """Finds the recording that a manifest means: the longest common ending of its path, nearest to the manifest."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._by_name: dict[str, list[Piece]] = {}
        for piece in pieces:
            if piece.is_media and piece.is_member:
                for key in {piece.name.casefold(), piece.stem.casefold()}:
                    self._by_name.setdefault(key, []).append(piece)

    def find(self, unit: Unit, manifest: Piece) -> Piece | None:
        """The recording of a unit: the file it names, else one named like its id."""
        for wanted in (unit.audio, unit.id):
            steps = steps_of(unquote(wanted)) or ("",)
            for key in (steps[-1].casefold(), stem_of(steps[-1]).casefold()):
                if found := self._by_name.get(key):
                    return max(found, key=lambda piece: _nearness(piece, steps, manifest))
        return None


def bundle(pieces: Sequence[Piece], *, package: str, name: str) -> tuple[list[Bundle], list[Piece]]:
    """Split what was read into packages and the pieces that belong to none.

    `package` names the package of everything, `name` what the user named, for packages that do not say their id.
    """
    recordings = Recordings(pieces)
    meant = [
        (manifest, [(unit, recordings.find(unit, manifest)) for unit in manifest.units])
        for manifest in pieces
        if manifest.units or manifest.media_type == PROJECT
    ]
    if not any(units for _, units in meant):
        return [], list(pieces)
    roots = _disjoint([()] if package else [_root(manifest, units) for manifest, units in meant])
    bundles = {root: Bundle(root, package) for root in roots}
    loose: list[Piece] = []
    for piece in pieces:
        root = next((root for root in roots if _is_under(piece.place, root)), None)
        (loose if root is None else bundles[root].pieces).append(piece)
    for manifest, units in meant:
        bundles[next(root for root in roots if _is_under(manifest.place, root))].units += units
    for each in bundles.values():
        each.package = each.package or _named_package(each) or stem_of((name, *each.root)[-1])
    return list(bundles.values()), loose


def _root(manifest: Piece, units: Sequence[tuple[Unit, Piece | None]]) -> Place:
    """The deepest folder over a manifest and the recordings it names."""
    root = manifest.folder
    for _, recording in units:
        if recording is not None:
            shared = 0
            while shared < min(len(root), len(recording.folder)) and root[shared] == recording.folder[shared]:
                shared += 1
            root = root[:shared]
    return root


def _disjoint(roots: Iterable[Place]) -> list[Place]:
    """The outermost of nested roots."""
    kept: list[Place] = []
    for root in sorted(set(roots), key=lambda root: (len(root), root)):
        if not any(_is_under(root, outer) for outer in kept):
            kept.append(root)
    return kept


def _is_under(place: Place, root: Place) -> bool:
    return place[: len(root)] == root


def _named_package(bundle_: Bundle) -> str:
    """The id that a project file names, else the one most units or files name."""
    names = Counter(name for piece in bundle_.pieces if piece.media_type == PROJECT for name in piece.packages)
    names = names or Counter(unit.package for unit, _ in bundle_.units if unit.package)
    names = names or Counter(name for piece in bundle_.pieces for name in piece.packages)
    return names.most_common(1)[0][0] if names else ""


def _nearness(piece: Piece, wanted: Place, manifest: Piece) -> tuple[int, int, int]:
    ending = 0
    for own, other in zip(reversed(piece.folder), reversed(wanted[:-1]), strict=False):
        if own != other:
            break
        ending += 1
    shared = 0
    for own, other in zip(piece.folder, manifest.folder, strict=False):
        if own != other:
            break
        shared += 1
    return ending, shared, int(piece.name == wanted[-1])
