"""A worker on probation: it has loaded other packs and shows what it makes of their own samples."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from forensics.errors import EarwitnessError, RuleError
from forensics.model import Analysis, Observation
from forensics.worker.hand import Hand
from forensics.worker.messages import Hello, Loaded
from forensics.worker.tasks import Task


class Candidate:
    """One worker that is not in any pool yet; it belongs to who made it until a pool adopts it."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand

    @property
    def hello(self) -> Hello:
        """What it was told."""
        return self.hand.hello

    @property
    def loaded(self) -> Loaded:
        """What it says it loaded."""
        return self.hand.loaded

    def analyse(self, seen: Observation, *, steps: Sequence[str] = (), seed: int = 0) -> Analysis:
        """What it makes of a sample, after the changes `steps`. Raises RuleError when it does not answer."""
        task = Task(observation=seen, future=Future(), steps=steps, seed=seed)
        try:
            return next(self.hand.work([task])).analysis
        except (OSError, EOFError, ValueError, EarwitnessError) as error:
            raise RuleError(f"{seen.name}: the rules do not come to an end ({self.hand.epitaph(error)})") from error

    def close(self) -> None:
        """End it."""
        self.hand.kill()
