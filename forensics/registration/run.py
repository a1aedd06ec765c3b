"""Reads what the user named in worker processes and writes it to the register, package by package."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from forensics.config import Config
from forensics.content import Content
from forensics.errors import InputError
from forensics.fingerprints.text.acceptance import WEAK_BELOW_BITS
from forensics.fingerprints.text.shingles import Shingler, TextPrint
from forensics.model import Observation, OutcomeKind
from forensics.register.storage import Issue, NewItem, RegisterWriter
from forensics.register.terms import NO_TERMS, Terms
from forensics.registration.agreed import agreed
from forensics.registration.bundles import bundle
from forensics.registration.drafts import Draft, draft_bundle, draft_listed, draft_loose
from forensics.registration.keeping import Keeper
from forensics.registration.pieces import Piece, pieces_of
from forensics.registration.sources import File, Line, files_of, lines_of
from forensics.store.blobs import Blobs
from forensics.store.people import People
from forensics.workers import Result, WorkerPool

BATCH_LINES: Final = 200
_AHEAD: Final = 16

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One line of the answer: an item that now stands in the register, or (`problem` set) what does not and why.

    `is_new` is False for what stood there before; a weak item is kept by its digest and names nothing by itself.
    `outcome` is what became of it: registered, known, or the outcome of reading it. `has_reference` says that its
    waveform is kept, sealed.
    """

    id: str
    kind: str = ""
    package: str = ""
    name: str = ""
    role: str = ""
    sha256: str = ""
    seconds: float = 0.0
    words: int = 0
    is_new: bool = False
    is_weak: bool = False
    has_reference: bool = False
    outcome: str = "registered"
    problem: str = ""


def register_paths(
    paths: Sequence[Path],
    *,
    programme: str,
    recipient: str,
    config: Config,
    store: Path,
    package: str = "",
    clip_list: Path | None = None,
    is_reference_kept: bool = False,
    public_key: Path | None = None,
    terms: Terms = NO_TERMS,
) -> Iterator[Registered]:
    """Register packages and clips, yielding every item once it is safely stored, and every problem.

    The register knows the recipient by pseudonym, as evidence does; the name is sealed, where there are custodians.

    Each package is one transaction; lines of a list are stored in batches. `is_reference_kept` also keeps the clips'
    waveforms, sealed for `public_key`, which need be named but once. Raises InputError when a path or the list is not
    there, ConfigError when there is no key or another one than before, StoreError when nothing can be written.
    """
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
    with ExitStack() as stack:
        writer = stack.enter_context(RegisterWriter.open(store))
        keeper = stack.enter_context(Keeper.open(store, public_key, writer)) if is_reference_kept else None
        pool = stack.enter_context(WorkerPool(config, store))
        called = People(Blobs(store), store, config.privacy).meet(recipient)
        to = Issue(package=package, programme=programme, recipient=called, terms=terms)
        registration = Registration(writer, pool, to=to, keeper=keeper)
        for path in paths:
            yield from registration.register(path)
        if clip_list is not None:
            yield from registration.register_list(clip_list)


class Registration:
    """One run: everything goes to one recipient under one programme, on the same terms.

    `to` names the package of everything, or none.
    """

    def __init__(self, writer: RegisterWriter, pool: WorkerPool, *, to: Issue, keeper: Keeper | None = None) -> None:
        self._writer = writer
        self._pool = pool
        self._to = to
        self._keeper = keeper
        self._shingler = Shingler(writer.key)

    @property
    def loose_package(self) -> str:
        """The package of clips that came without one."""
        return self._to.package or f"loose/{self._to.programme}/{self._to.recipient}"

    def register(self, path: Path) -> Iterator[Registered]:
        """Register a file, an archive or a folder."""
        pieces: list[Piece] = []
        for source, result in self._read(files_of(path), lambda source: source):
            if isinstance(source, OSError):
                yield _unread(str(source.filename), source.strerror or "cannot be listed", OutcomeKind.UNREADABLE.value)
            elif isinstance(result, str):
                yield _unread(str(source.path), result, OutcomeKind.UNREADABLE.value)
            elif result is not None:
                pieces += pieces_of(source, result)
        yield from _problems(pieces)
        bundles, loose = bundle(pieces, package=self._to.package, name=path.resolve().name)
        for each in bundles:
            yield from self._store([draft_bundle(each, self._print, self._writer)])
        yield from self._store([draft_loose(loose, self.loose_package, self._print, self._writer)])

    def register_list(self, path: Path) -> Iterator[Registered]:
        """Register the clips that a list names, each under the id the list gives it."""
        batch: list[Draft] = []
        for line, result in self._read(lines_of(path), _file_of):
            place = f"{path}:{line.number}"
            if line.problem or isinstance(result, str) or result is None:
                yield _unread(place, line.problem or str(result), OutcomeKind.UNREADABLE.value, line.clip)
                continue
            pieces = pieces_of(File(path=line.path, below=(line.path.name,)), result)
            yield from _problems(pieces, line.clip)
            batch.append(draft_listed(line.clip, pieces, self.loose_package, self._print, self._writer))
            if not batch[-1].items and not any(piece.problem or piece.is_mute for piece in pieces):
                yield _unread(place, "holds no sound", OutcomeKind.UNREADABLE.value, line.clip)
            if len(batch) == BATCH_LINES:
                yield from self._store(batch)
                batch = []
        yield from self._store(batch)

    def _read(self, sources: Iterable[T], file_of: Callable[[T], object]) -> Iterator[tuple[T, Result | str | None]]:
        """Read files in the workers, a few ahead, and answer in order."""
        waiting: deque[tuple[T, Future[Result] | str | None]] = deque()
        for source in sources:
            waiting.append((source, self._submit(file_of(source))))
            if len(waiting) > _AHEAD:
                yield self._awaited(*waiting.popleft())
        while waiting:
            yield self._awaited(*waiting.popleft())

    def _awaited(self, source: T, pending: Future[Result] | str | None) -> tuple[T, Result | str | None]:
        if not isinstance(pending, Future):
            return source, pending
        result = pending.result()
        if self._keeper is not None:
            self._keeper.take(result)
        return source, replace(result, sealed=None)

    def _submit(self, file: object) -> Future[Result] | str | None:
        if not isinstance(file, File):
            return None
        try:
            content = Content.at(file.path.resolve())
        except (InputError, OSError, ValueError) as error:
            return str(error)
        observation = Observation(
            key=str(file.path), channel="register", time=0.0, name=file.path.name, content=content, is_leaving=False
        )
        return self._pool.read(observation, seal_for=self._keeper.public if self._keeper else b"")

    def _store(self, drafts: Sequence[Draft]) -> Iterator[Registered]:
        """Store drafts of one package in one transaction."""
        for draft in drafts:
            for name, outcome, reason in draft.problems:
                yield _unread(name, reason, outcome)
        items: dict[str, NewItem] = {}
        for draft in drafts:
            for item in draft.items.values():
                earlier = items.setdefault(item.id, item)
                if earlier.sha256 != item.sha256:
                    yield _unread(
                        item.name, f"clip id {item.id} stands twice, with other content", "contradicted", item.id
                    )
        if not items:
            return
        package = drafts[0].package
        spoken = tuple(sorted({language for draft in drafts for language in draft.languages}))
        stated = {word: texts for draft in drafts for word, texts in draft.stated.items()}
        try:
            terms = replace(agreed(self._to.terms, stated), spoken=spoken)
        except InputError as error:
            yield _unread(package, str(error), OutcomeKind.UNREADABLE.value)
            terms = replace(self._to.terms, spoken=spoken)
        issue = replace(self._to, package=package, terms=terms)
        if self._keeper is not None:
            self._keeper.flush()
        new = {item.id for item in self._writer.add_package(issue, items.values())}
        for item in items.values():
            is_kept = self._keeper is not None and item.kind == "clip" and self._keeper.holds(item.sha256)
            yield _registered(item, package, is_new=item.id in new, has_reference=is_kept)

    def _print(self, text: str) -> TextPrint:
        return self._shingler.print(text, weak_below_bits=WEAK_BELOW_BITS)


def _file_of(line: Line) -> object:
    return None if line.problem else File(path=line.path, below=(line.path.name,))


def _registered(item: NewItem, package: str, *, is_new: bool, has_reference: bool) -> Registered:
    return Registered(
        id=item.id,
        kind=item.kind,
        package=package,
        name=item.name,
        role=item.role,
        sha256=item.sha256,
        seconds=item.seconds,
        words=item.print.words if item.print else 0,
        is_new=is_new,
        is_weak=item.is_weak,
        has_reference=has_reference,
        outcome="registered" if is_new else "known",
    )


def _problems(pieces: Iterable[Piece], clip: str = "") -> Iterator[Registered]:
    for piece in pieces:
        if piece.problem:
            outcome, _, reason = piece.problem.partition(": ")
            yield _unread("/".join(piece.place), reason, outcome, clip)
        elif piece.is_mute:
            yield _unread("/".join(piece.place), "holds no sound", OutcomeKind.UNREADABLE.value, clip)


def _unread(name: str, problem: str, outcome: str, clip: str = "") -> Registered:
    return Registered(id=clip, name=name, outcome=outcome, problem=problem)
