"""The engines that can run YARA rules, one seam for all: compile texts, scan bytes, give hits of one shape.

yara-python is the reference. yara-x and boreal are asked beside it where they are installed, to see whether a rule
means the same to them; never in this process (`engines_apart`): they are foreign code that reads hostile bytes, and
yara-x holds the interpreter while it scans and dies of files that are cut short under it.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import yara

from forensics.errors import LimitReached, RuleError, TimedOut
from forensics.rulebook.compiling import EXTERNALS, compile_sources

REFERENCE = "yara-python"
MOST_PLACES = 100
"""Places of a string that are compared."""
Variables = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Hit:
    """One rule that matched, by name space and name; `places` are string, offset and length, in order."""

    namespace: str
    rule: str
    places: tuple[tuple[str, int, int], ...] = ()


class Engine(Protocol):
    """Runs YARA rules; one instance holds one set of them."""

    @property
    def name(self) -> str:
        """How it is called in reports."""

    def compile(self, sources: Mapping[str, str]) -> None:
        """Take rule texts, each in a name space of its own. Raises RuleError."""

    def scan(self, data: bytes, variables: Variables, *, timeout_s: int) -> list[Hit]:
        """What matches, sorted. Raises TimedOut, and LimitReached for what it cannot scan."""


class YaraPython:
    """libyara, the reference."""

    name = REFERENCE

    def compile(self, sources: Mapping[str, str]) -> None:
        """See `Engine.compile`."""
        self._rules = compile_sources(sources)

    def scan(self, data: bytes, variables: Variables, *, timeout_s: int) -> list[Hit]:
        """See `Engine.scan`."""
        try:
            found = self._rules.match(data=data, externals=dict(variables), timeout=timeout_s)
        except yara.TimeoutError as error:
            raise TimedOut(f"not finished after {timeout_s} s") from error
        except (yara.Error, MemoryError, ValueError) as error:
            raise LimitReached(str(error)) from error
        return _hits(found)


class Boreal:
    """boreal, whose Python door is that of yara-python."""

    name = "boreal"

    def __init__(self) -> None:
        self._door: Any = importlib.import_module("boreal")
        self._door.set_config(yara_compatibility=True)

    def compile(self, sources: Mapping[str, str]) -> None:
        """See `Engine.compile`."""
        try:
            self._rules = self._door.compile(sources=dict(sources), externals=dict(EXTERNALS), includes=False)
        except self._door.Error as error:
            raise RuleError(str(error)) from error

    def scan(self, data: bytes, variables: Variables, *, timeout_s: int) -> list[Hit]:
        """See `Engine.scan`."""
        try:
            return _hits(self._rules.match(data=data, externals=dict(variables), timeout=timeout_s))
        except self._door.TimeoutError as error:
            raise TimedOut(f"not finished after {timeout_s} s") from error
        except self._door.Error as error:
            raise LimitReached(str(error)) from error


class YaraX:
    """yara-x, VirusTotal's own successor of libyara."""

    name = "yara-x"

    def __init__(self) -> None:
        self._door: Any = importlib.import_module("yara_x")

    def compile(self, sources: Mapping[str, str]) -> None:
        """See `Engine.compile`."""
        compiler = self._door.Compiler(relaxed_re_syntax=True, includes_enabled=False)
        for name, value in EXTERNALS.items():
            compiler.define_global(name, value)
        try:
            for namespace, text in sources.items():
                compiler.new_namespace(namespace)
                compiler.add_source(text)
            self._rules = compiler.build()
        except self._door.CompileError as error:
            raise RuleError(str(error)) from error

    def scan(self, data: bytes, variables: Variables, *, timeout_s: int) -> list[Hit]:
        """See `Engine.scan`."""
        scanner = self._door.Scanner(self._rules)
        scanner.set_timeout(timeout_s)
        for name, value in variables.items():
            scanner.set_global(name, value)
        try:
            found = scanner.scan(data).matching_rules
        except self._door.TimeoutError as error:
            raise TimedOut(f"not finished after {timeout_s} s") from error
        except self._door.ScanError as error:
            raise LimitReached(str(error)) from error
        return sorted(
            Hit(
                namespace=rule.namespace,
                rule=rule.identifier,
                places=_places((p.identifier, ((m.offset, m.length) for m in p.matches)) for p in rule.patterns),
            )
            for rule in found
        )


ENGINES: Mapping[str, tuple[str, type[Engine]]] = {
    REFERENCE: ("yara", YaraPython),
    "yara-x": ("yara_x", YaraX),
    "boreal": ("boreal", Boreal),
}
"""By name the module an engine needs, and its class."""


def why_missing(name: str) -> str:
    """Why an engine cannot be had; empty when it can."""
    module, _ = ENGINES[name]
    if importlib.util.find_spec(module) is not None:
        return ""
    return f"the module {module} is not installed"


def _hits(found: Iterable[Any]) -> list[Hit]:
    return sorted(
        Hit(
            namespace=hit.namespace,
            rule=hit.rule,
            places=_places((s.identifier, ((i.offset, i.matched_length) for i in s.instances)) for s in hit.strings),
        )
        for hit in found
    )


def _places(strings: Iterable[tuple[str, Iterable[tuple[int, int]]]]) -> tuple[tuple[str, int, int], ...]:
    return tuple(
        (name, offset, length)
        for name, spots in sorted((name, sorted(spots)[:MOST_PLACES]) for name, spots in strings)
        for offset, length in spots
    )
