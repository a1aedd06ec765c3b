"""Observation in, Analysis out: open everything inside, compare each piece, say what became of it. Pure."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import forensics.decoders
import forensics.matchers
from forensics import parcels, plugins, whole_rules
from forensics.config import Config, Limits
from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import EarwitnessError, Encrypted, LimitReached, Malformed, TimedOut
from forensics.fingerprints.audio.likeness import sounding
from forensics.formats.volumes import is_joinable, whole_sets
from forensics.hearsay import samples_of
from forensics.matchers.base import Matcher
from forensics.media_types import media_type
from forensics.model import Analysis, Artifact, Feature, Match, Observation, Outcome, OutcomeKind, Part, Versions
from forensics.register.book import Register
from forensics.register.references import References
from forensics.repeats import without_repeats
from forensics.rulebook.book import Rulebook
from forensics.rulebook.choice import CONFIGURED, Choice
from forensics.rulebook.fingerprint_rules import PACKAGE as WHOLE
from forensics.text_safety import visible
from forensics.whole_rules import wholes

ENGINE = "earwitness 0.1"
NO_RULES = Rulebook.empty()
CAPTURES = ("application/vnd.tcpdump.pcap", "application/x-pcapng")
IDENTIFYING = ("digest", "audio", "image", "text")
MOST_VOLUMES = 128
"""Of one archive, that are held open until it is known whether all of their set are in it."""
LONGEST_REASON = 500
"""Characters of what an error says that are kept: it may quote the bytes that caused it."""
_BADNESS = list(OutcomeKind)

Problem = tuple[OutcomeKind, str]


@dataclass(slots=True)
class Opening:
    """What opening one content came to; `on_piece` sees every artifact and view while its bytes are at hand."""

    decoders: Sequence[Decoder]
    budget: Budget
    on_piece: Callable[[Artifact], Sequence[Match]]
    channel: str = ""
    artifacts: list[Artifact] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    problems: dict[int, list[Problem]] = field(default_factory=dict)

    def open(self, content: Content, name: str) -> None:
        """Open one content to the bottom."""
        self._piece(Part(name=name, content=content), None)

    def report(self, artifact: int, kind: OutcomeKind, reason: str) -> None:
        """Note that something of an artifact was not read."""
        self.problems.setdefault(artifact, []).append((kind, reason))

    def outcomes(self) -> tuple[Outcome, ...]:
        """One for each artifact: matched above all, then the worst problem, then clean; reasons are kept anyway."""
        matched = {match.artifact for match in self.matches if match.accepted}
        return tuple(
            self._outcome(artifact.number, is_matched=artifact.number in matched) for artifact in self.artifacts
        )

    def _outcome(self, artifact: int, *, is_matched: bool) -> Outcome:
        problems = self.problems.get(artifact, [])
        reason = "; ".join(dict.fromkeys(text for _, text in problems))
        worst = max((kind for kind, _ in problems), key=_BADNESS.index, default=OutcomeKind.CLEAN)
        return Outcome(artifact=artifact, kind=OutcomeKind.MATCHED if is_matched else worst, reason=reason)

    def _piece(self, part: Part, parent: Artifact | None) -> None:
        artifact = Artifact(
            number=len(self.artifacts),
            parent=None if parent is None else parent.number,
            path=((parent.path if parent else ()) + (part.name,)),
            media_type=part.media_type or media_type(part.content, part.name),
            content=part.content,
            role=part.role,
            facts=({"channel": self.channel} if self.channel else {}) | dict(part.facts),
        )
        self.artifacts.append(artifact)
        before = len(self.matches)
        opened = [decoder for decoder in self.decoders if decoder.accepts(artifact)]
        for decoder in opened:
            self._decode(decoder, artifact)
        if parcels.is_container(artifact):
            _facts(artifact).update(parcels.facts_of(self.artifacts[artifact.number + 1 :]))
        if not opened and artifact.media_type.startswith(("audio/", "video/")) and artifact.content.size:
            self.report(artifact.number, OutcomeKind.UNREADABLE, f"no decoder for {artifact.media_type}")
        if artifact.media_type in CAPTURES:
            self.report(artifact.number, OutcomeKind.PARTIAL, "a capture; `earwitness scan` opens it when named itself")
        self._compare(artifact)
        is_kept = parent is None or len(self.matches) > before
        self.artifacts[artifact.number] = (
            artifact if is_kept else replace(artifact, content=_recorded(artifact.content))
        )

    def _decode(self, decoder: Decoder, artifact: Artifact) -> None:
        count = 0
        volumes: dict[str, Content] = {}
        with _Reporting(self, artifact, type(decoder).__name__, lambda: count > 0):
            for part in decoder.decode(artifact, self.budget):
                count += 1
                if part.is_view:
                    self._view(part, artifact)
                    continue
                self.budget.take_entry()
                if len(artifact.path) > self.budget.limits.depth:
                    raise LimitReached(f"nested deeper than {self.budget.limits.depth} levels")
                self._piece(part, artifact)
                if len(volumes) < MOST_VOLUMES and is_joinable(part.name, part.content):
                    volumes[part.name] = part.content
        if not volumes:
            return
        with _Reporting(self, artifact, type(decoder).__name__, lambda: True):
            self._join(volumes, artifact)

    def _join(self, volumes: Mapping[str, Content], artifact: Artifact) -> None:
        """Open what was split, where all of its volumes lie side by side."""
        for whole in whole_sets({name: content.size for name, content in volumes.items()}):
            self.budget.take_entry()
            chunks = itertools.chain.from_iterable(volumes[name].chunks() for name in whole.parts)
            self._piece(Part(name=whole.title, content=self.budget.collect(chunks)), artifact)

    def _view(self, part: Part, owner: Artifact) -> None:
        facts = _facts(owner)
        facts.update(part.facts)
        if not part.content.size:
            return
        view = Artifact(
            number=owner.number,
            parent=owner.parent,
            path=owner.path,
            media_type=part.media_type,
            content=part.content,
            role=part.role,
            is_view=True,
            start_s=part.start_s,
            facts=facts,
        )
        self._compare(view)

    def _compare(self, artifact: Artifact) -> None:
        with _Reporting(self, artifact, "matching", lambda: True):
            self.matches += self.on_piece(artifact)


class _Reporting:
    """Turns what goes wrong inside into a problem of the artifact; nothing a plug-in raises ends the analysis."""

    def __init__(self, opening: Opening, artifact: Artifact, who: str, has_yielded: Callable[[], bool]) -> None:
        self._opening = opening
        self._number = artifact.number
        self._who = who
        self._has_yielded = has_yielded

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is None:
            return False
        if not isinstance(error, Exception):
            return False
        self._opening.report(self._number, self._outcome(error), self._reason(error))
        return True

    def _outcome(self, error: Exception) -> OutcomeKind:
        match error:
            case Encrypted():
                return OutcomeKind.ENCRYPTED
            case TimedOut():
                return OutcomeKind.TIMED_OUT
            case LimitReached() | MemoryError():
                return OutcomeKind.TOO_LARGE
            case Malformed() if self._has_yielded():
                return OutcomeKind.PARTIAL
            case _:
                return OutcomeKind.UNREADABLE

    def _reason(self, error: Exception) -> str:
        """What the error says; of one nobody foresaw its kind alone, since its text was written for nobody."""
        if isinstance(error, (Malformed, Encrypted, LimitReached)):
            return _harmless(str(error))
        if isinstance(error, EarwitnessError):
            return f"{self._who} failed: {_harmless(str(error))}"
        return f"{self._who} failed: {type(error).__name__}"


class Pipeline:
    """Decoders and matchers, loaded once, applied to one observation at a time."""

    def __init__(
        self,
        *,
        decoders: Sequence[Decoder],
        matchers: Sequence[Matcher],
        limits: Limits,
        versions: Versions,
        rulebook: Rulebook = NO_RULES,
        passwords: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
        has_features: bool = False,
    ) -> None:
        self.decoders = decoders
        self._has_features = has_features
        self._matchers = matchers
        self.limits = limits
        self._passwords = passwords
        self._clock = clock
        self.versions = versions
        self.rulebook = rulebook
        self._wholes = wholes(rulebook)

    def analyse(
        self, observation: Observation, *, candidates: int = 0, matchers: Sequence[str] | None = None
    ) -> Analysis:
        """Open the observation's content to the bottom and compare every piece.

        `candidates` asks for that many matches below the threshold; `matchers` names the matchers to use, without
        it all but those on demand. Never raises for what the bytes do: every artifact gets an outcome.
        """
        chosen = [m for m in self._matchers if (not m.is_on_demand if matchers is None else m.name in matchers)]
        opening = Opening(
            decoders=self.decoders,
            budget=self._budget(observation.content),
            on_piece=_nothing,
            channel=observation.channel,
        )
        features: list[Feature] = []

        def see(piece: Artifact) -> Sequence[Match]:
            if self._has_features and observation.is_leaving and piece.media_type == "audio/x-pcm":
                codes = sounding(samples_of(piece.content))
                features.append(Feature(artifact=piece.number, start_s=piece.start_s, codes=codes))
            return list(_matches(opening, chosen, piece, candidates))

        opening.on_piece = see
        opening.open(observation.content, observation.name)
        opening.on_piece = _nothing  # which knows the opening: a circle would keep its files open until it is collected
        missing = sum(gap.size for gap in observation.missing)
        if missing:
            opening.report(0, OutcomeKind.PARTIAL, f"{missing} bytes were not seen")
        analysis = Analysis(
            observation=observation,
            artifacts=tuple(opening.artifacts),
            matches=tuple(without_repeats(opening.matches)),
            outcomes=opening.outcomes(),
            versions=self.versions,
            features=tuple(feature for feature in features if feature.codes),
        )
        is_asked = matchers is None or WHOLE in matchers
        return self._as_whole(analysis, opening) if self._wholes and is_asked else analysis

    def _as_whole(self, analysis: Analysis, opening: Opening) -> Analysis:
        """The analysis with what the rules over all of it say."""
        for whole in self._wholes:
            opening.matches += whole_rules.matches([whole], analysis)
            analysis = replace(analysis, matches=tuple(without_repeats(opening.matches)), outcomes=opening.outcomes())
        return analysis

    def warm(self) -> None:
        """Have everything at hand that the first observation would else wait for."""
        for matcher in self._matchers:
            matcher.warm()

    def beside(self, matcher: Matcher) -> Pipeline:
        """The same with one matcher more."""
        return Pipeline(
            decoders=self.decoders,
            matchers=[*self._matchers, matcher],
            limits=self.limits,
            versions=self.versions,
            rulebook=self.rulebook,
            passwords=self._passwords,
            clock=self._clock,
        )

    def unpack(self, content: Content, name: str, on_piece: Callable[[Artifact], None]) -> Opening:
        """Open content without comparing; `on_piece` sees every artifact and view while its bytes are at hand."""

        def see(piece: Artifact) -> Sequence[Match]:
            on_piece(piece)
            return ()

        opening = Opening(decoders=self.decoders, budget=self._budget(content), on_piece=see)
        opening.open(content, name)
        return opening

    def _budget(self, content: Content) -> Budget:
        deadline = self._clock() + self.limits.seconds
        return Budget(self.limits, root_bytes=content.size, deadline=deadline, passwords=self._passwords)


def _facts(artifact: Artifact) -> dict[str, str]:
    """The facts of an artifact that is being opened, which grow with what is found in it."""
    assert isinstance(artifact.facts, dict)
    return artifact.facts


def _nothing(_: Artifact) -> Sequence[Match]:
    return ()


def load(
    config: Config,
    store: Path,
    reference_key: Path | None = None,
    on_opened: Callable[[str], None] = lambda _: None,
    *,
    passwords: Sequence[str] = (),
    choice: Choice = CONFIGURED,
) -> tuple[Pipeline, Register]:
    """Build the pipeline from configuration, rule packs and the register of a store folder.

    `reference_key` opens the waveforms that were kept beside the register; `on_opened` is told the digest of each
    clip whose waveform was opened. `passwords` are tried on what is encrypted. `choice` says which packs are run.
    Raises RuleError, StoreError, and ConfigError or InputError for the key. The register is returned so that the caller
    can see it grow stale.
    """
    rulebook = choice.load(config.rules, config.rules_signers)
    register = Register.load(store)
    register.references = References.open(store, reference_key, on_opened) if reference_key else None
    pipeline = Pipeline(
        decoders=load_decoders(),
        matchers=[kind(rulebook, register, config) for kind in plugins.discover(forensics.matchers, Matcher)],  # type: ignore[type-abstract]
        limits=config.limits,
        versions=Versions(engine=ENGINE, rules=rulebook.version, index=register.version, generation=choice.generation),
        rulebook=rulebook,
        passwords=passwords,
        has_features=config.keep.features_days > 0,
    )
    return pipeline, register


def import_plugins() -> None:
    """Import what `load` builds from, which takes longer than to build it."""
    plugins.discover(forensics.decoders, Decoder)  # type: ignore[type-abstract]
    plugins.discover(forensics.matchers, Matcher)  # type: ignore[type-abstract]


def load_decoders() -> list[Decoder]:
    """One instance of every decoder there is."""
    return [kind() for kind in plugins.discover(forensics.decoders, Decoder)]  # type: ignore[type-abstract]


def rule_matchers() -> list[type[Matcher]]:
    """The matchers that run the rules of packs over all that is seen: not the register's, nor those on demand."""
    kinds = plugins.discover(forensics.matchers, Matcher)  # type: ignore[type-abstract]
    return [kind for kind in kinds if kind.name not in IDENTIFYING and not kind.is_on_demand]


def _matches(opening: Opening, matchers: Sequence[Matcher], piece: Artifact, candidates: int) -> Iterator[Match]:
    for matcher in matchers:
        if not matcher.wants(piece):
            continue
        with _Reporting(opening, piece, f"matcher {matcher.name}", lambda: True):
            yield from matcher.match(piece, candidates=candidates)


def _harmless(text: str) -> str:
    """The text on one line that can be encoded and that no terminal obeys, shortened."""
    text = visible(text)
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def _recorded(content: Content) -> Content:
    return Content.recorded(size=content.size, sha256=content.sha256)
