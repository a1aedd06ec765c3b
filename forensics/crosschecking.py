"""Runs the cases of rules through other engines beside the reference, and says about which rules they disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from forensics.changing import changed
from forensics.config import Config
from forensics.errors import EarwitnessError, LimitReached, RuleError
from forensics.matchers.base import Matcher
from forensics.matchers.yara import externals_of
from forensics.model import Artifact, Match, Versions
from forensics.pipeline import ENGINE, Pipeline, load_decoders
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import BadCase, Case
from forensics.rulebook.engines import Engine, Hit, YaraPython
from forensics.rulebook.rule import RuleFile
from forensics.trials import observed

MOST_BYTES = 16 << 20
"""Larger contents are not scanned twice."""
MOST_TOLD = 200
_SCOPES = ("raw", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A rule that an engine saw otherwise than the reference: what it did, and over which part of a case."""

    rule: str
    engine: str
    what: str
    case: str
    path: str


@dataclass(slots=True, kw_only=True)
class Agreement:
    """How often each engine was asked, what it cannot run (file or part, with the reason), and where it disagrees."""

    scans: dict[str, int] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=dict)
    disagreements: list[Disagreement] = field(default_factory=list)

    def rules(self, engine: str) -> list[str]:
        """The rules an engine disagrees about."""
        return sorted({each.rule for each in self.disagreements if each.engine == engine})


def crosschecked(
    config: Config, book: Rulebook, cases: Sequence[Case | BadCase], engines: Mapping[str, Callable[[], Engine]]
) -> Agreement:
    """Ask the engines, a new instance of each for each scope, about every part of every case."""
    comparing = Comparing(book, engines)
    pipeline = Pipeline(
        decoders=load_decoders(),
        matchers=[comparing],
        limits=config.limits,
        versions=Versions(engine=ENGINE, rules=book.version),
    )
    for case in (case for case in cases if isinstance(case, Case)):
        comparing.case = case.name
        try:
            seen = observed(case)
            made = changed(pipeline, seen, case.steps, case.seed) if case.steps else seen
        except EarwitnessError:
            continue
        if made is not None:
            pipeline.analyse(made)
    return comparing.agreement


class Comparing(Matcher):
    """Sees every artifact and view while its bytes are at hand, and asks every engine instead of matching."""

    name = "engines"

    def __init__(self, book: Rulebook, engines: Mapping[str, Callable[[], Engine]]) -> None:
        super().__init__(book, Register.empty())
        self.case = ""
        self.agreement = Agreement(scans=dict.fromkeys(engines, 0), refused={name: [] for name in engines})
        self._rules = {(rule.namespace, rule.name): rule for rule in book.rules if rule.kind == "yara"}
        self._sets = {scope: dict(self._compiled(scope, engines)) for scope in _SCOPES}

    def wants(self, artifact: Artifact) -> bool:
        """Whatever rules are run over, up to a size."""
        is_read = not artifact.is_view or artifact.media_type.startswith("text/")
        return bool(self.case) and is_read and artifact.content.size <= MOST_BYTES

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Compare what the engines say; yields nothing."""
        scope = "text" if artifact.is_view else "raw"
        data, variables = artifact.content.bytes(), externals_of(artifact)
        for name, (engine, reference) in self._sets[scope].items():
            try:
                wanted = self._of(scope, reference.scan(data, variables, timeout_s=self.rulebook.timeout_s))
                found = self._of(scope, engine.scan(data, variables, timeout_s=self.rulebook.timeout_s))
            except (LimitReached, RuleError) as error:
                self._refuse(name, f"{'/'.join(artifact.path)}: {error}")
                continue
            self.agreement.scans[name] += 1
            for rule in sorted(wanted.keys() | found.keys()):
                if what := _difference(wanted.get(rule), found.get(rule)):
                    self._disagree(rule, name, what, artifact)
        yield from ()

    def _of(self, scope: str, hits: Iterable[Hit]) -> dict[str, Hit]:
        """The hits of rules of that scope, by rule."""
        named = ((self._rules.get((hit.namespace, hit.rule)), hit) for hit in hits)
        return {rule.id: hit for rule, hit in named if rule is not None and rule.scope == scope}

    def _disagree(self, rule: str, engine: str, what: str, artifact: Artifact) -> None:
        if len(self.agreement.disagreements) < MOST_TOLD:
            path = "/".join(artifact.path)
            self.agreement.disagreements.append(
                Disagreement(rule=rule, engine=engine, what=what, case=self.case, path=path)
            )

    def _refuse(self, engine: str, why: str) -> None:
        if len(self.agreement.refused[engine]) < MOST_TOLD:
            self.agreement.refused[engine].append(why)

    def _compiled(
        self, scope: str, engines: Mapping[str, Callable[[], Engine]]
    ) -> Iterator[tuple[str, tuple[Engine, Engine]]]:
        """Each engine with the files of a scope that it takes, and the reference with the same."""
        wanted = {rule.namespace for rule in self._rules.values() if rule.scope == scope}
        files = [file for file in self.rulebook.files if file.namespace in wanted]
        for name, start in engines.items():
            engine, reference = start(), YaraPython()
            taken = {file.namespace: file.text for file in self._taken(engine, files)}
            if taken:
                engine.compile(taken)
                reference.compile(taken)
                yield name, (engine, reference)

    def _taken(self, engine: Engine, files: Sequence[RuleFile]) -> Iterator[RuleFile]:
        for file in files:
            try:
                engine.compile({file.namespace: file.text})
            except (RuleError, LimitReached) as error:
                self._refuse(engine.name, f"{file.path}: {' '.join(str(error).split())}")
            else:
                yield file


def _difference(wanted: Hit | None, found: Hit | None) -> str:
    """What an engine did otherwise than the reference; empty when nothing."""
    if wanted is None or found is None:
        return "matches where the reference does not" if wanted is None else "does not match where the reference does"
    if wanted.places == found.places:
        return ""
    first = min(set(wanted.places) ^ set(found.places))
    whose = "the reference's" if first in wanted.places else "its"
    return f"matches elsewhere: {first[0]} at {first[1]}, {first[2]} bytes, is {whose} alone"
