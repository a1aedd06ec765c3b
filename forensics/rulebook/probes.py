"""Asks YARA for the value of every node of a rule's condition: each node becomes a rule of its own beside it.

So that nothing of YARA's meaning is written a second time: what a node is worth is what the engine says, with the same
strings, variables and other rules of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yara

from forensics.errors import LimitReached, RuleError, TimedOut
from forensics.rulebook.compiling import compile_sources
from forensics.rulebook.conditions import FileText, Node, RuleText, StringText

MOST_SEEN = 3
"""Places of a string that are told."""
_LITERAL = re.compile(r'-?(?:0x[0-9A-Fa-f]+|\d+(?:KB|MB)?)|"(?:\\.|[^"\\])*"|/.*/[a-z]*', re.DOTALL)
_TEXT = re.compile(r'"((?:\\.|[^"\\])*)"(.*)', re.DOTALL)
_UNIT = re.compile(r"\\x[0-9A-Fa-f]{2}|\\.|.", re.DOTALL)
_LEAST_PREFIX = 4
_MARK = "earwitness_probe_"
"""How the names of probes begin, which no rule's does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One occurrence of a string: its offset in bytes and its first bytes."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """How a string occurs that does not occur as it is written: `how` in words, and the first such place."""

    how: str
    place: Place


@dataclass(slots=True, kw_only=True)
class Answer:
    """What one content showed.

    `truth` by rule and number of the node (in the order of `Node.walk`), `sides` of comparisons (`l`, `r`) likewise;
    `strings` that occur, with `counts`, by rule and name, and how others `near`ly do.
    """

    truth: dict[tuple[str, int], bool] = field(default_factory=dict)
    sides: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)
    strings: dict[tuple[str, str], tuple[Place, ...]] = field(default_factory=dict)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    near: dict[tuple[str, str], Near] = field(default_factory=dict)


class Probe:
    """One rule of a file, ready to be asked over content. Raises RuleError for what cannot be taken apart."""

    def __init__(self, file: FileText, name: str) -> None:
        by_name = {rule.name: rule for rule in file.rules}
        if name not in by_name:
            raise RuleError(f"the file has no rule {name}")
        self.rules = _needed(file, by_name[name])
        """The rule itself last, after those it speaks of and the global ones of its file."""
        self.globals = tuple(rule.name for rule in file.rules if rule.is_global and rule.name != name)
        imports = dict.fromkeys((*file.imports, "console"))
        self._head = "".join(f'import "{each}"\n' for each in imports)
        self._numbers = {f"{_MARK}n{r}_{n}": (rule.name, n) for r, n, rule, _ in self._nodes()}
        self._compiled = self._compile()

    @property
    def target(self) -> RuleText:
        """The rule that is explained."""
        return self.rules[-1]

    def ask(
        self, data: Any, externals: Mapping[str, str | int], *, timeout_s: int, is_near_wanted: bool = False
    ) -> Answer:
        """Scan bytes or mapped content; `is_near_wanted`: look for strings that do not occur, written otherwise.

        Raises TimedOut and LimitReached, as a matcher does.
        """
        answer = Answer()
        sides: dict[str, str] = {}

        def hear(message: str) -> None:
            name, _, value = message.partition("|")
            sides[name] = value

        for hit in self._scan(self._compiled, data, externals, timeout_s, hear):
            if hit.rule in self._numbers:
                answer.truth[self._numbers[hit.rule]] = True
            elif hit.rule.startswith(f"{_MARK}s"):
                self._note(answer, self.rules[int(hit.rule[len(_MARK) + 1 :])], hit.strings)
        for name, value in sides.items():
            number, side = f"{_MARK}n{name[1:-1]}", name[-1]
            answer.sides.setdefault(self._numbers[number], {})[side] = value
        for place in self._numbers.values():
            answer.truth.setdefault(place, False)
        if is_near_wanted and not answer.truth[self.target.name, 0]:
            self._look_near(answer, data, externals, timeout_s)
        return answer

    def _nodes(self) -> Iterator[tuple[int, int, RuleText, Node]]:
        for r, rule in enumerate(self.rules):
            for n, node in enumerate(rule.condition.walk()):
                yield r, n, rule, node

    def _compile(self) -> Any:
        bodies = [_body(rule.name, rule.strings, rule.condition.text) for rule in self.rules]
        bodies += [_body(f"{_MARK}n{r}_{n}", _of(node, rule), node.text) for r, n, rule, node in self._nodes()]
        with_strings = ((number, rule) for number, rule in enumerate(self.rules) if rule.strings)
        bodies += [_body(f"{_MARK}s{number}", rule.strings, "any of them") for number, rule in with_strings]
        spoken = [
            _body(f"{_MARK}v{r}_{n}{side}", _of(node, rule), f'console.log("v{r}_{n}{side}|", {text})')
            for r, n, rule, node in self._nodes()
            for side, text in zip("lr", node.sides or (), strict=False)
            if not _LITERAL.fullmatch(text.strip())
        ]
        source = self._head + "\n".join(bodies)
        try:
            return compile_sources({"probe": source + "\n" + "\n".join(spoken)})
        except RuleError:
            return compile_sources({"probe": source})  # a side that cannot be told has no say in the rest

    def _scan(self, compiled: Any, data: Any, externals: Mapping[str, str | int], timeout_s: int, hear: Any) -> Any:
        def go_on(*_: object) -> int:
            return int(yara.CALLBACK_CONTINUE)

        try:
            return compiled.match(
                data=data, externals=dict(externals), timeout=timeout_s, warnings_callback=go_on, console_callback=hear
            )
        except yara.TimeoutError as error:
            raise TimedOut(f"{self.target.name} is not finished after {timeout_s} s") from error
        except (yara.Error, MemoryError) as error:
            raise LimitReached(f"could not be scanned: {error}") from error

    def _note(self, answer: Answer, rule: RuleText, strings: Sequence[Any]) -> None:
        for string in strings:
            key = (rule.name, string.identifier)
            answer.counts[key] = answer.counts.get(key, 0) + len(string.instances)
            first = string.instances[:MOST_SEEN]
            answer.strings[key] = tuple(Place(offset=each.offset, data=bytes(each.matched_data)) for each in first)

    def _look_near(self, answer: Answer, data: Any, externals: Mapping[str, str | int], timeout_s: int) -> None:
        """Look for the strings of the target that do not occur, written a little otherwise."""
        missing = [s for s in self.target.strings if (self.target.name, s.name) not in answer.strings]
        for string in missing:
            for how, text in _otherwise(string):
                try:
                    compiled = compile_sources({"near": _body("near", (StringText(name="$x", text=text),), "$x")})
                except RuleError:
                    continue
                hits = self._scan(compiled, data, externals, timeout_s, lambda _: None)
                if hits:
                    first = hits[0].strings[0].instances[0]
                    place = Place(offset=first.offset, data=bytes(first.matched_data))
                    answer.near[self.target.name, string.name] = Near(how=how, place=place)
                    break


def alone(file: FileText, name: str) -> str:
    """The source of one rule of a file with no others than those it stands on. Raises RuleError for a name unknown."""
    by_name = {rule.name: rule for rule in file.rules}
    if name not in by_name:
        raise RuleError(f"the file has no rule {name}")
    bodies = [_body(rule.name, rule.strings, rule.condition.text) for rule in _needed(file, by_name[name])]
    return "".join(f'import "{each}"\n' for each in file.imports) + "\n".join(bodies)


def _needed(file: FileText, target: RuleText) -> tuple[RuleText, ...]:
    """The rules that the target stands on, in the order of the file, and itself."""
    by_name = {rule.name: rule for rule in file.rules}
    wanted = {target.name}
    open_ = [target, *(rule for rule in file.rules if rule.is_global)]
    wanted.update(rule.name for rule in open_)
    while open_:
        for name in open_.pop().names & by_name.keys() - wanted:
            wanted.add(name)
            open_.append(by_name[name])
    found = [rule for rule in file.rules if rule.name in wanted and rule.name != target.name]
    return (*found, target)


def _body(name: str, strings: Sequence[StringText], condition: str) -> str:
    """A rule's source."""
    named = "".join(f"{string.name} = {string.text}\n" for string in strings)
    return f"rule {name} {{ {'strings:' if named else ''} {named} condition: {condition}\n}}"


def _of(node: Node, rule: RuleText) -> tuple[StringText, ...]:
    """The strings that a node speaks of: all of the rule's where it says `them`."""
    if re.search(r"\bthem\b", node.text):
        return rule.strings
    named = {name for each in node.walk() for name in each.strings}
    starts = tuple(name[:-1] for name in named if name.endswith("*"))
    return tuple(s for s in rule.strings if s.name in named or (starts and s.name.startswith(starts)))


def _otherwise(string: StringText) -> Iterator[tuple[str, str]]:
    """How a text string may have been meant, the least change first."""
    hit = _TEXT.fullmatch(string.text.strip())
    if hit is None:
        return
    text, words = hit[1], set(hit[2].split())
    if any(word.startswith(("xor", "base64")) for word in words):
        return
    kept = " ".join(words - {"private"})
    if "nocase" not in words:
        yield "in other upper and lower case", f'"{text}" {kept} nocase'
    if "fullword" in words:
        yield "inside a longer word", f'"{text}" {" ".join(words - {"private", "fullword"})}'
    if "wide" not in words:
        yield "as UTF-16 (wide)", f'"{text}" {" ".join(words - {"private", "ascii"})} wide'
    elif "ascii" not in words:
        yield "as plain bytes (ascii)", f'"{text}" {" ".join(words - {"private", "wide"})} ascii'
    units = _UNIT.findall(text)
    half = max(_LEAST_PREFIX, len(units) // 2)
    if half < len(units):
        yield f"its first {half} of {len(units)} characters", f'"{"".join(units[:half])}" {kept}'
