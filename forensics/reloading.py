"""Rules that change while the monitor runs: tried apart, then in force at once, or refused while the old ones stay.

A sensor of its own kind: it notices that the packs changed, keeps an edition of them, has a worker load it and try it
on the packs' own samples, and hands that worker to the pool. Files that were examined under the old rules are then
examined again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics.errors import EarwitnessError, RuleError, StoreError
from forensics.log import logger
from forensics.model import CustodyEntry
from forensics.pipeline import ENGINE
from forensics.recording import Recording
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import TESTS, written_cases
from forensics.rulebook.choice import Choice
from forensics.rulebook.editions import IN_FORCE, REFUSED, Edition, Editions, Stamp, as_written, stamp
from forensics.rulebook.pack import find_packs
from forensics.rulebook.trial import HIT, BadCase, Case, Verdict, find_cases, judge
from forensics.store.writer import Store
from forensics.trials import observed
from forensics.worker import child
from forensics.worker.candidate import Candidate
from forensics.workers import WorkerPool

LOOK_S = 1.0
"""How often packs are looked at; they must stand the same at two looks, which a half-written one does not."""
TRIAL_S = 60.0
"""How long the packs' own samples and cases may take."""
SAMPLES = "samples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """What became of packs that changed: `problem` is empty when they are in force. `tried` are their own samples."""

    generation: int
    version: str
    rules: int
    tried: int = 0
    took_s: float = 0.0
    problem: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"rules refused: {self.problem}; generation {self.generation} stays in force"
        tried = f", {self.tried} of their own samples tried" if self.tried else ""
        return f"rules generation {self.generation} ({self.version}) in force: {self.rules} rules{tried}"


class Reloading:
    """Follows the packs in `places`, of which `edition` is in force. `look_again` is called from its thread."""

    def __init__(
        self,
        *,
        places: Sequence[Path],
        edition: Edition,
        editions: Editions,
        store: Store,
        pool: WorkerPool,
        recording: Recording,
        actor: str,
        on_change: Callable[[Reloaded], None],
        look_again: Callable[[], None],
        look_s: float = LOOK_S,
    ) -> None:
        self._places = tuple(places)
        self._editions = editions
        self._edition = edition
        self._store, self._pool, self._recording, self._actor = store, pool, recording, actor
        self._on_change, self._look_again, self._look_s = on_change, look_again, look_s
        self._version, self._rules = "", 0
        self._known = self._noticed = self._stamp()
        self._due: tuple[int, str] | None = None
        self._log = logger("rules")
        self._stopping, self._is_asked = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="reloading", daemon=True)

    def start(self, *, version: str, rules: int) -> None:
        """Begin to follow; `version` and number of the `rules` that are in force."""
        self._version, self._rules = version, rules
        self._note(IN_FORCE, str(Reloaded(generation=self._edition.generation, version=version, rules=rules)))
        self._thread.start()

    def look_now(self) -> None:
        """Have the packs looked at as they stand, though nothing about them changed. From any thread."""
        self._is_asked.set()

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._look_s):
            try:
                self._turn()
            except StoreError as error:
                self._log.warning("what came of changed rules could not be recorded yet", error=str(error))

    def _turn(self) -> None:
        self._scan_again()
        seen = self._stamp()
        if self._is_asked.is_set():
            self._is_asked.clear()
        elif seen == self._known:
            return
        elif seen != self._noticed:
            self._noticed = seen
            child.start_ahead()  # it loads while we see whether they stay as they are
            return
        self._known = seen
        reloaded = self.reload()
        if reloaded is not None:
            self._on_change(reloaded)

    def reload(self) -> Reloaded | None:
        """Take the packs as they stand now; None when they are those in force already. Raises StoreError."""
        started = time.monotonic()
        edition: Edition | None = None
        try:
            edition = self._editions.keep(self._places)
            if edition == self._edition:
                return None
            reloaded = self._take(edition, started)
        except (EarwitnessError, OSError) as error:
            if isinstance(error, StoreError):
                raise
            reloaded = self._refuse(edition, str(error))
        self._note(REFUSED if reloaded.problem else IN_FORCE, str(reloaded))
        return reloaded

    def _take(self, edition: Edition, started: float) -> Reloaded:
        candidate = self._pool.prepare(Choice(places=edition.places, generation=edition.generation))
        try:
            tried = self._try(candidate)
        except BaseException:
            candidate.close()
            raise
        self._pool.adopt(candidate)
        loaded = candidate.loaded
        self._edition, self._version, self._rules = edition, loaded.version, len(loaded.rules)
        self._due = self._recording.mark(), loaded.version
        return Reloaded(
            generation=edition.generation,
            version=loaded.version,
            rules=len(loaded.rules),
            tried=tried,
            took_s=time.monotonic() - started,
        )

    def _refuse(self, edition: Edition | None, problem: str) -> Reloaded:
        if edition is not None:
            problem = as_written(problem, edition, self._places)
            self._editions.drop(edition)
        self._log.warning("changed rules are refused", problem=problem, in_force=self._edition.generation)
        return Reloaded(generation=self._edition.generation, version=self._version, rules=self._rules, problem=problem)

    def _try(self, candidate: Candidate) -> int:
        """Try the packs on their own cases; returns on how many. Raises RuleError for what comes out otherwise."""
        cases = self._own_cases(candidate.loaded.rules)
        deadline = time.monotonic() + TRIAL_S
        for number, case in enumerate(cases):
            if time.monotonic() > deadline:
                raise RuleError(f"{number} of {len(cases)} of the packs' own cases took more than {TRIAL_S:.0f} s")
            if isinstance(case, BadCase):
                raise RuleError(case.message)
            result = judge(case, candidate.analyse(observed(case), steps=case.steps, seed=case.seed))
            if result.verdict is Verdict.FAIL:
                what = "is missed" if case.expect == HIT else "matches"
                raise RuleError(f"{case.path}{f':{case.line}' if case.line else ''}: {case.rule} {what}: {case.name}")
        return len(cases)

    def _own_cases(self, rules: Collection[str]) -> list[Case | BadCase]:
        """What the packs bring along to try `rules` on; of the shipped pack nothing. Raises RuleError."""
        packs = [pack for place in self._places for pack in find_packs(place) if pack.parent != rules_folder()]
        own = [pack.resolve() for pack in packs if (pack / SAMPLES).is_dir() or (pack / TESTS).is_dir()]
        if not own:
            return []
        book = Rulebook.load(self._places)
        cases = [*find_cases(book, [pack / SAMPLES for pack in own]), *written_cases(book)]
        return [case for case in cases if case.rule in rules and any(case.path.is_relative_to(pack) for pack in own)]

    def _scan_again(self) -> None:
        """Have files scanned again, once what was handed out before the change is recorded."""
        if self._due is None or not self._recording.is_past(self._due[0]):
            return
        files = self._store.scan_under(under(self._due[1]))
        self._due = None
        self._log.info("other rules are in force: files are scanned again", files=files)
        self._look_again()

    def _stamp(self) -> Stamp:
        """How the packs stand; nothing where they cannot be looked at, which is another state."""
        try:
            return stamp(self._places)
        except (EarwitnessError, OSError):
            return ()

    def _note(self, action: str, detail: str) -> None:
        with self._store.group() as group:
            group.custody(
                CustodyEntry(actor=self._actor, action=action, subject="store", detail=detail, time=time.time())
            )


def under(version: str) -> str:
    """What the ledger calls the rules that files were scanned under."""
    return f"{ENGINE} {version}"
