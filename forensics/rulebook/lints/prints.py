"""What a rule with a print knows too little of."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.rulebook.audio_prints import AUDIO, DISTINCTIVE_S, codes_of, speech_s
from forensics.rulebook.checks import Remark, RuleCheck
from forensics.rulebook.rule import Rule
from forensics.rulebook.text_prints import DISTINCTIVE_BITS, TEXT, print_of


class ShortRecording(RuleCheck):
    """A recording that others are like."""

    code, level = "D402", "warning"
    about = (
        f"a recording of less than {DISTINCTIVE_S:g} s of speech: another take of the same words may be taken for it"
    )
    fix = "print it from a longer recording, or say how many seconds must be heard (least_s)"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """How much speech there is in it."""
        if rule.kind == AUDIO:
            seconds = speech_s(codes_of(rule))
            if seconds < DISTINCTIVE_S:
                yield Remark(f"{rule.id} knows {seconds:.1f} s of speech")


class ShortPassage(RuleCheck):
    """A passage that others may say too."""

    code, level = "D403", "warning"
    about = "a passage of a few words: others may say the same"
    fix = "print it from a longer passage"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """How many words there are."""
        if rule.kind == TEXT:
            _, made = print_of(rule)
            if made.bits < DISTINCTIVE_BITS:
                yield Remark(f"{rule.id} knows {made.words} words")
