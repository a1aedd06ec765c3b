"""Why each rule matched what was examined, or why not: its tree over every artifact that it could be asked of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from mmap import ACCESS_READ, mmap

from forensics.content import IN_MEMORY_BYTES
from forensics.errors import EarwitnessError, LimitReached, RuleError
from forensics.matchers.base import Matcher
from forensics.matchers.yara import BYTES_PER_SECOND, externals_of
from forensics.model import Analysis, Artifact, Match, Observation, Outcome, OutcomeKind, Severity
from forensics.pipeline import Pipeline
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook
from forensics.rulebook.conditions import FileText, Kind, read
from forensics.rulebook.explanation import Explanation, Valued, explained, failing
from forensics.rulebook.fingerprint_rules import PACKAGE as WHOLE
from forensics.rulebook.fingerprint_rules import asked_of
from forensics.rulebook.probes import Answer, Probe
from forensics.rulebook.rule import Rule, RuleFile
from forensics.sought import SOUGHT, Seeker
from forensics.whole_rules import Whole

NOT_TEXT = "no text was found in it, and the rule is one over text (scope)"
_FEW = 8
"""Rules from which on strings that do not occur are not looked for written otherwise: it takes a scan each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One content explained: its analysis, and for each artifact and rule why or why not."""

    analysis: Analysis
    explanations: tuple[Explanation, ...]

    def of(self, artifact: Artifact) -> list[Explanation]:
        """Those of one artifact: matches first, then the nearest misses."""
        found = [each for each in self.explanations if each.path == artifact.path]
        return sorted(found, key=lambda each: (not each.is_match, each.distance, each.rule))

    def is_nearest(self, one: Explanation) -> bool:
        """Say whether no other artifact comes nearer to this rule."""
        same = [each for each in self.explanations if each.rule == one.rule]
        return one is min(same, key=lambda each: (not each.is_match, each.distance))


def explain(
    pipeline: Pipeline, book: Rulebook, rules: Sequence[Rule], observation: Observation, *, candidates: int = 0
) -> Explained:
    """Examine an observation and explain these rules of the book over it. Raises RuleError for a rule unlike any."""
    asking = Asking(book, rules)
    analysis = pipeline.beside(asking).analyse(observation, candidates=candidates)
    for rule in rules:
        if rule.kind == WHOLE:
            asking.keep(_whole(rule, analysis, asking))
    return Explained(analysis=analysis, explanations=tuple(_with_silent(asking, analysis, rules)))


class Asking(Matcher):
    """Sees every artifact and view while its bytes are at hand, and asks the rules instead of matching."""

    name = "explain"

    def __init__(self, book: Rulebook, rules: Sequence[Rule]) -> None:
        super().__init__(book, Register.empty())
        self._wanted = rules
        self._files = {file.namespace: file for file in book.files}
        self.found: dict[tuple[tuple[str, ...], str], Explanation] = {}

    def wants(self, artifact: Artifact) -> bool:
        """Whatever some rule is run over."""
        return not artifact.is_view or artifact.media_type.startswith("text/") or artifact.media_type == "audio/x-pcm"

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Explain every rule that is due; yields nothing."""
        for rule in self._wanted:
            if rule.kind == "yara" and rule.scope == ("text" if artifact.is_view else "raw"):
                self.keep(self._over(rule, artifact))
            elif rule.kind in SOUGHT and (each := self._seeker.explanation(rule, artifact)) is not None:
                self.keep(each)
        yield from ()

    def keep(self, new: Explanation) -> None:
        """Of several texts of one artifact the one that is nearest is told."""
        known = self.found.get((new.path, new.rule))
        if known is None or (new.is_match, -new.distance) > (known.is_match, -known.distance):
            self.found[new.path, new.rule] = new

    def _over(self, rule: Rule, artifact: Artifact) -> Explanation:
        probe = self._probes.get(rule.id)
        try:
            if probe is None:
                probe = self._probes[rule.id] = Probe(self._text(rule), rule.name)
            answer = _ask(probe, artifact, self.rulebook.timeout_s, is_near_wanted=len(self._wanted) <= _FEW)
        except (EarwitnessError, LimitReached) as error:
            return Explanation(rule=rule.id, path=artifact.path, is_match=False, skipped=str(error))
        tree = explained(probe.rules, answer, globals_=probe.globals)
        notes = (f"over its {artifact.role or 'text'}",) if artifact.is_view else ()
        return Explanation(
            rule=rule.id, path=artifact.path, is_match=tree.is_true, tree=tree, failing=failing(tree), notes=notes
        )

    def _text(self, rule: Rule) -> FileText:
        """The rule's file, taken apart once."""
        if rule.namespace not in self._read:
            self._read[rule.namespace] = _read(self._files[rule.namespace])
        return self._read[rule.namespace]

    @cached_property
    def _probes(self) -> dict[str, Probe]:
        return {}

    @cached_property
    def _read(self) -> dict[str, FileText]:
        return {}

    @cached_property
    def _seeker(self) -> Seeker:
        return Seeker(self.rulebook)


def _read(file: RuleFile) -> FileText:
    try:
        return read(file.text)
    except (RuleError, IndexError) as error:
        raise RuleError(f"{file.path}:{error}") from error


def _ask(probe: Probe, artifact: Artifact, timeout_s: int, *, is_near_wanted: bool) -> Answer:
    content, variables = artifact.content, externals_of(artifact)
    seconds = timeout_s + content.size // BYTES_PER_SECOND
    if content.size <= IN_MEMORY_BYTES:
        return probe.ask(content.bytes(), variables, timeout_s=seconds, is_near_wanted=is_near_wanted)
    with mmap(content.descriptor(), 0, access=ACCESS_READ) as mapped:
        return probe.ask(mapped, variables, timeout_s=seconds, is_near_wanted=is_near_wanted)


def _whole(rule: Rule, analysis: Analysis, asking: Asking) -> Explanation:
    """A rule over the whole observation: each thing it asks, with what that came to."""
    others = [
        Match(rule=each.rule, matcher="explain", artifact=0, score=1.0, title="", severity=Severity.INFO)
        for each in asking.found.values()
        if each.is_match
    ]
    found = Whole(rule, asked_of(rule)).conditions(replace(analysis, matches=tuple(others)))
    leaves = tuple(Valued(kind=Kind.LEAF, text=one.text, is_true=one.is_true, sides=(one.value, "")) for one in found)
    is_match = all(leaf.is_true for leaf in leaves)
    tree = Valued(kind=Kind.AND, text=" and ".join(one.text for one in found), is_true=is_match, children=leaves)
    path = analysis.artifacts[0].path
    return Explanation(rule=rule.id, path=path, is_match=is_match, tree=tree, failing=failing(tree))


def _with_silent(asking: Asking, analysis: Analysis, rules: Sequence[Rule]) -> Iterator[Explanation]:
    """What was asked, and for the rest why it was not; what an artifact came to stands beside a miss."""
    outcomes = {outcome.artifact: outcome for outcome in analysis.outcomes}
    for artifact in analysis.artifacts:
        outcome = outcomes.get(artifact.number)
        for rule in rules:
            known = asking.found.get((artifact.path, rule.id))
            each = known or Explanation(
                rule=rule.id, path=artifact.path, is_match=False, skipped=_why_not(rule, outcome)
            )
            notes = (*each.notes, *_notes(rule, outcome, is_match=each.is_match))
            yield replace(each, notes=notes)


def _why_not(rule: Rule, outcome: Outcome | None) -> str:
    if outcome is not None and outcome.kind not in (OutcomeKind.CLEAN, OutcomeKind.MATCHED):
        said = f"{outcome.kind.value.replace('_', ' ')}: {outcome.reason}" if outcome.reason else outcome.kind.value
        return f"{said}; {_not_asked(rule)}"
    return _not_asked(rule)


def _not_asked(rule: Rule) -> str:
    if rule.kind in SOUGHT:
        return SOUGHT[rule.kind].why_not
    return NOT_TEXT if rule.scope == "text" else "it was not run over this"


def _notes(rule: Rule, outcome: Outcome | None, *, is_match: bool) -> Iterator[str]:
    if not rule.is_active:
        yield f"its status is {rule.status}: the monitors do not run it"
    is_read = outcome is None or outcome.kind in (OutcomeKind.CLEAN, OutcomeKind.MATCHED)
    if not is_read and not is_match and outcome is not None:
        yield f"what lies in it was not all seen ({outcome.kind.value.replace('_', ' ')}: {outcome.reason})"
