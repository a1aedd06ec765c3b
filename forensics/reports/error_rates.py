"""How often each method is wrong, as it was measured and published (README, `make bench`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forensics.lineage.nouns import Means
from forensics.odds import wilson
from forensics.store.lineage import PASSAGE_DOUBT


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRate:
    """Of `trials` that hold nothing registered, `errors` were taken for something; both 0 where it was not counted."""

    method: str
    statement: str
    errors: int = 0
    trials: int = 0

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the rate (Wilson); None where nothing was counted."""
        return wilson(self.errors, self.trials) if self.trials else None


PUBLISHED: Mapping[Means, ErrorRate] = {
    Means.SOUND: ErrorRate(
        method="acoustic fingerprint",
        statement=(
            "of 3,422 recordings that hold none of the registered clips 11 were taken for one, 9 of them a registered"
            " sentence said again by a speech synthesiser, none of 933 by a registered human voice; each match also has"
            " its own odds of chance"
        ),
        errors=11,
        trials=3422,
    ),
    Means.WORDS: ErrorRate(
        method="text fingerprint",
        statement=f"of unrelated passages of the same kind of talk about {PASSAGE_DOUBT * 1000:.0f} in 1,000 match one",
    ),
    Means.LOOK: ErrorRate(
        method="print of a picture",
        statement=(
            "of 540 pairs of screens of one layout with other words none was taken for another, nor of 101,385"
            " pairs of pictures that were drawn apart; two states of one form that differ in a field are the same to it"
        ),
        errors=0,
        trials=540,
    ),
    Means.BYTES: ErrorRate(
        method="SHA-256",
        statement="no two different files with one digest are known",
    ),
    Means.MEMBER: ErrorRate(
        method="CRC-32 and size of a locked member",
        statement="another file of just that size has the same CRC-32 in 1 of 4,294,967,296 cases",
    ),
}
