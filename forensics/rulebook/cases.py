"""What rules are tried on: samples in folders named like the rule, and cases written down in a pack's TOML files.

Samples lie in `<samples>/<rule id>/hit/<file>` and `.../miss/<file>`, whatever kind of rule it is; the file's own name
is the name the rule sees. Cases are `[[case]]` tables in `<pack>/tests/<rule id>/*.toml`, where `exempt` may name
mutations after which a sample is no longer what the rule is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from forensics.content import Content
from forensics.errors import RuleError
from forensics.rulebook.book import Rulebook
from forensics.rulebook.mutating import every_step, steps_of
from forensics.rulebook.source import line_of_key, lines_of_tables, read_text, read_toml

HIT, MISS = "hit", "miss"
TESTS = "tests"
CHANNEL = "sample"
"""The way out that rules are told of unless a case names one."""
MOST_FILE_BYTES = 1 << 20
_TABLE, _EXEMPT = "case", "exempt"


class _Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content: one of `file` (beside the TOML file), `text` and `hex`; `name` is what the rule sees it called.

    `wrap` names the mutation that content is put into first, such as `docx`; `channel` is the way out.
    """

    file: str = ""
    text: str | None = None
    hex: str | None = None
    wrap: str = ""
    name: str = ""
    channel: str = CHANNEL


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[case]]`. `mutate` are changes made in order with the chance of `seed`; `todo` is known not to pass yet."""

    name: str
    input: _Input
    expect: Literal["match", "none"]
    mutate: tuple[str, ...] = ()
    seed: int = 0
    todo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One trial of one rule. `expect`: hit or miss.

    `path` is the sample, or the TOML file whose table begins at `line` (from 1; 0 for samples). The content is at
    `sample`, or is `data`; the rule sees it as `file`, on `channel`, after the changes `steps`, made with `seed`.
    """

    rule: str
    expect: str
    path: Path
    title: str = ""
    line: int = 0
    sample: Path | None = None
    data: bytes = b""
    file: str = ""
    channel: str = CHANNEL
    steps: tuple[str, ...] = ()
    seed: int = 0
    is_todo: bool = False

    @property
    def name(self) -> str:
        """How reports call it: rule, expectation and file."""
        return f"{self.rule}/{self.expect}/{self.title or self.path.name}"

    def content(self) -> Content:
        """What is tried, before the changes. Raises InputError when the sample cannot be read."""
        return Content.of(self.data) if self.sample is None else Content.at(self.sample)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadCase:
    """A case that cannot be tried; `message` begins with file and line."""

    rule: str
    path: Path
    line: int
    message: str

    @property
    def name(self) -> str:
        """How reports call it."""
        return f"{self.rule}/{self.path.name}:{self.line}"


def sample_folders(book: Rulebook, shipped: Path) -> list[Path]:
    """Where the samples of a book's rules lie: in each pack's own `samples`, and among the shipped ones."""
    own = [pack.folder / "samples" for pack in book.packs]
    return [folder for folder in (*own, shipped / "rules") if folder.is_dir()]


def find_cases(book: Rulebook, folders: Iterable[Path]) -> list[Case]:
    """The samples of every rule of the book, in its order."""
    places = list(folders)
    cases = []
    for rule in book.rules:
        for expect in (HIT, MISS):
            for folder in places:
                found = sorted(p for p in (folder / rule.id / expect).rglob("*") if p.is_file())
                cases += [_sample(rule.id, expect, p) for p in found if not p.name.startswith(".")]
    return cases


def written_cases(book: Rulebook) -> Iterator[Case | BadCase]:
    """The cases that the packs' TOML files hold, and what is wrong with those that cannot be tried."""
    for pack in book.packs:
        for path in sorted((pack.folder / TESTS).glob("*/*.toml")):
            try:
                yield from _read(path, book, pack.folder)
            except RuleError as error:
                yield BadCase(rule=path.parent.name, path=path, line=_line_in(error, path), message=str(error))


def exemptions(book: Rulebook) -> dict[str, frozenset[str]]:
    """By rule the mutations, or families of them, after which a sample is none; files that are wrong name none."""
    found: dict[str, frozenset[str]] = {}
    for path in (path for pack in book.packs for path in sorted((pack.folder / TESTS).glob("*/*.toml"))):
        with suppress(RuleError):
            content = read_toml(path)
            names = content.get(_EXEMPT)
            if isinstance(names, list) and not _wrong_exemption(content):
                found[path.parent.name] = found.get(path.parent.name, frozenset()) | frozenset(names)
    return found


def _wrong_exemption(content: Mapping[str, object]) -> str:
    """What is wrong with the exemptions of a file; empty when nothing is."""
    names = content.get(_EXEMPT, [])
    if not isinstance(names, list):
        return f"{_EXEMPT} is a list of mutations"
    known = {name for step in every_step() for name in step.names} if names else set()
    strange = [name for name in names if name not in known]
    return f"{_EXEMPT}: no mutation or family {strange[0]!r}; there are {', '.join(sorted(known))}" if strange else ""


def _sample(rule: str, expect: str, path: Path) -> Case:
    return Case(rule=rule, expect=expect, path=path, sample=path, file=path.name)


def _read(path: Path, book: Rulebook, pack: Path) -> Iterator[Case | BadCase]:
    """The cases of one file. Raises RuleError for a file that holds none."""
    rule = path.parent.name
    if book.rule(rule) is None:
        raise RuleError(f"{path}:1: no rule {rule} is loaded, and the folder is named like the rule it is about")
    if path.stat().st_size > MOST_FILE_BYTES:
        raise RuleError(f"{path}:1: more than {MOST_FILE_BYTES >> 20} MiB; put large content into files beside")
    content = read_toml(path)
    tables = content.get(_TABLE)
    strange = [key for key in content if key not in (_TABLE, _EXEMPT)]
    if wrong := _wrong_exemption(content):
        raise RuleError(f"{path}:{line_of_key(read_text(path), _EXEMPT)}: {wrong}")
    if tables is None and _EXEMPT in content:
        return
    if strange or not isinstance(tables, list):
        raise RuleError(f"{path}:1: {f'unknown {strange[0]!r}' if strange else 'no'}: cases are [[{_TABLE}]] tables")
    lines = _Lines(path)
    for number, table in enumerate(tables):
        try:
            yield _case(table, path, lines.of(number), rule, pack)
        except RuleError as error:
            line = lines.of(number)
            yield BadCase(rule=rule, path=path, line=line, message=f"{path}:{line}: {error}")


def _line_in(error: RuleError, path: Path) -> int:
    """The line that an error names."""
    line = str(error).removeprefix(f"{path}:").partition(":")[0]
    return int(line) if line.isdecimal() else 1


class _Lines:
    """On which lines the tables of a file begin."""

    def __init__(self, path: Path) -> None:
        self._lines = lines_of_tables(read_text(path), _TABLE)

    def of(self, number: int) -> int:
        """The line of the table of that number, from 0; 1 where it was not found."""
        return self._lines[number] if number < len(self._lines) else 1


def _case(table: object, path: Path, line: int, rule: str, pack: Path) -> Case:
    """One table as a case. Raises RuleError, without file and line, that says what is wrong with it."""
    try:
        said = msgspec.convert(table, _Table)
    except msgspec.ValidationError as error:
        raise RuleError(str(error).replace("`$.", "`")) from error
    given = said.input
    if sum((bool(given.file), given.text is not None, given.hex is not None)) != 1:
        raise RuleError(f"{said.name}: input is one of file, text and hex")
    sample = _inside(path.parent, given.file, pack) if given.file else None
    steps = ((given.wrap,) if given.wrap else ()) + said.mutate
    steps_of(steps)
    return Case(
        rule=rule,
        expect=HIT if said.expect == "match" else MISS,
        path=path,
        title=f"{path.stem}/{said.name}",
        line=line,
        sample=sample,
        data=_data(given, said.name),
        file=given.name or (sample.name if sample else "case.txt" if given.hex is None else "case.bin"),
        channel=given.channel,
        steps=steps,
        seed=said.seed,
        is_todo=said.todo,
    )


def _inside(folder: Path, name: str, pack: Path) -> Path:
    """A file of the pack. Raises RuleError for what lies elsewhere or nowhere."""
    path = (folder / name).resolve()
    if not path.is_relative_to(pack.resolve()):
        raise RuleError(f"{name} lies outside the pack")
    if not path.is_file():
        raise RuleError(f"{name}: no such file beside it")
    return path


def _data(given: _Input, name: str) -> bytes:
    if given.hex is None:
        return (given.text or "").encode()
    try:
        return bytes.fromhex(given.hex)
    except ValueError as error:
        raise RuleError(f"{name}: hex: {error}") from error
