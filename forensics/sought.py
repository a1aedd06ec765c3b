"""Rules that seek one known thing each, by a matcher of their own and no condition: how such a rule is explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from forensics.matchers.audio_rules import AudioRuleMatcher
from forensics.matchers.base import Matcher
from forensics.matchers.canary import CanaryMatcher
from forensics.matchers.fuzzy import FuzzyMatcher
from forensics.matchers.identifiers import IdentifierMatcher
from forensics.matchers.image_rules import ImageRuleMatcher
from forensics.matchers.text_rules import TextRuleMatcher
from forensics.model import Artifact, Excerpt, Match
from forensics.register.book import Register
from forensics.rulebook.audio_prints import AUDIO, heard_by
from forensics.rulebook.book import Rulebook
from forensics.rulebook.conditions import Kind
from forensics.rulebook.explanation import Explanation, Valued, failing
from forensics.rulebook.fingerprint_rules import CANARY, planted_by
from forensics.rulebook.fuzzy_rules import FUZZY, like_of
from forensics.rulebook.image_prints import IMAGE, seen_by
from forensics.rulebook.rule import Rule
from forensics.rulebook.text_prints import TEXT, said_by

IDENTIFIER = "identifier"


@dataclass(frozen=True, slots=True)
class Sought:
    """One kind of such rules: its matcher, what a rule seeks in words, and why it may not have been asked."""

    matcher: type[Matcher]
    words: Callable[[Rule], str]
    why_not: str


SOUGHT: Mapping[str, Sought] = {
    IDENTIFIER: Sought(
        IdentifierMatcher,
        lambda rule: f"a number of the kind {rule.name}" + (f" behind {', '.join(rule.labels)}" if rule.labels else ""),
        "it is no package manifest or bilingual file, nor the tags of a recording: identifiers are looked for there",
    ),
    CANARY: Sought(
        CanaryMatcher,
        lambda rule: f"one of {len(planted_by(rule).tokens)} canary words",
        "samples of a recording hold no words",
    ),
    AUDIO: Sought(
        AudioRuleMatcher,
        lambda rule: f"{heard_by(rule).least_s:g} s or more of its recording",
        "no sound was heard in it",
    ),
    FUZZY: Sought(
        FuzzyMatcher,
        lambda rule: f"a file at most {like_of(rule).distance} from the one it knows",
        "it is much longer or shorter than the file it knows, or no content of its own",
    ),
    IMAGE: Sought(
        ImageRuleMatcher,
        lambda rule: f"its picture, at most {seen_by(rule).distance:g} % of it otherwise",
        "it is no picture",
    ),
    TEXT: Sought(
        TextRuleMatcher,
        lambda rule: f"{share:.0%} of its passage" if (share := said_by(rule).least_share) else "enough of its passage",
        "no text was found in it",
    ),
}
"""By the kind of the rule."""


class Seeker:
    """Asks single rules of these kinds, whatever their status."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._matchers: dict[str, Matcher] = {}

    def explanation(self, rule: Rule, artifact: Artifact) -> Explanation | None:
        """What the rule says of an artifact or view, with the nearest it came to; None when it is not about such."""
        sought = SOUGHT[rule.kind]
        matcher = self._matchers.get(rule.id)
        if matcher is None:
            only = replace(self._book, by_id={rule.id: replace(rule, status="active")})
            matcher = self._matchers[rule.id] = sought.matcher(only, Register.empty())
        if not matcher.wants(artifact):
            return None
        hits = sorted(matcher.match(artifact, candidates=1), key=lambda hit: (not hit.accepted, -hit.score))
        found = [hit for hit in hits if hit.accepted]
        tree = Valued(kind=Kind.LEAF, text=sought.words(rule), is_true=bool(found))
        return Explanation(
            rule=rule.id,
            path=artifact.path,
            is_match=bool(found),
            tree=tree,
            failing=failing(tree),
            notes=tuple(_note(hit) for hit in found or hits[:1]),
        )


def _note(hit: Match) -> str:
    said = "; ".join(_placed(why) for why in hit.why)
    return said if hit.accepted else f"nearest: {said}"


def _placed(why: Excerpt) -> str:
    if why.kind in ("audio", "image"):
        return why.text
    return " ".join(part for part in (why.label, why.text, f"at {why.offset}") if part)
