"""What a rule with a print knows too little of."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.rulebook.audio_prints import AUDIO, DISTINCTIVE_S, codes_of, speech_s
from forensics.rulebook.checks import Remark, RuleCheck
from forensics.rulebook.image_prints import DISTANCE, DISTINCTIVE_TILES, IMAGE, seen_by, tiles
from forensics.rulebook.image_prints import print_of as picture_of
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


class PlainPicture(RuleCheck):
    """A picture that others look like."""

    code, level = "D404", "warning"
    about = f"a picture with marks in fewer than {DISTINCTIVE_TILES} of its 64 parts: others may look like it"
    fix = "print a picture with more in it, or crop what is empty"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """In how many parts there are marks."""
        if rule.kind == IMAGE and (found := tiles(picture_of(rule))) < DISTINCTIVE_TILES:
            yield Remark(f"{rule.id} knows {found} parts of 64")


class WideDistance(RuleCheck):
    """A distance within which pictures of one layout lie."""

    code, level = "D405", "warning"
    about = f"a distance of more than {DISTANCE:g} % to a picture: other screens of the same program may be that near"
    fix = f"ask for a distance of {DISTANCE:g} or less"

    def find(self, rule: Rule) -> Iterator[Remark]:
        """What it asks for."""
        if rule.kind == IMAGE and seen_by(rule).distance > DISTANCE:
            yield Remark(f"{rule.id} asks for a distance of {seen_by(rule).distance:g}")
