"""The budget: work waits for it, is passed over when waiting goes on, and both are told."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from forensics.pace import LENT_S, SAVED_S, Pace


@dataclass
class Machine:
    """A clock that goes on whenever it is asked, and processor time taken."""

    now: float = 0.0
    cpu_s: float = 0.0
    step_s: float = 1.0

    def clock(self) -> float:
        self.now += self.step_s
        return self.now

    def pace(self, *, patience_s: float = 60.0) -> Pace:
        return Pace(
            cpu_share=0.5,
            bytes_per_s=1000.0,
            patience_s=patience_s,
            cpu_s=lambda: self.cpu_s,
            clock=self.clock,
            nap_s=0.0,
        )


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_what_a_quiet_machine_has_saved_is_spent_at_once(machine: Machine) -> None:
    pace = machine.pace()
    machine.step_s = 0.0
    assert all(pace.admit(1000) for _ in range(int(SAVED_S)))
    assert pace.overrun() is None


@pytest.mark.parametrize("kind", ["processor", "disk"])
def test_work_over_budget_waits_until_it_is_even_again(machine: Machine, kind: str) -> None:
    pace = machine.pace(patience_s=1e6)
    if kind == "processor":
        machine.cpu_s = 0.5 * (SAVED_S + 100)
    else:
        assert pace.admit(int(1000 * (SAVED_S + 100)))
    before = machine.now
    assert pace.admit(1)
    assert 99 <= machine.now - before <= 115
    overrun = pace.overrun()
    assert overrun is not None
    assert (overrun.waited, overrun.passed_over) == (1, 0)
    assert pace.overrun() is None


def test_when_waiting_goes_on_files_are_passed_over_and_counted(machine: Machine) -> None:
    pace = machine.pace(patience_s=20)
    assert pace.admit(200_000)
    assert [pace.admit(700) for _ in range(3)] == [False] * 3
    assert pace.admit(1, is_last_chance=True)
    overrun = pace.overrun()
    assert overrun is not None
    assert (overrun.passed_over, overrun.passed_over_bytes) == (3, 2100)
    assert overrun.start <= overrun.end
    assert pace.admit(10)


def test_what_goes_first_is_lent_of_the_budget_to_come_and_no_more(machine: Machine) -> None:
    pace = machine.pace(patience_s=0)
    asked: list[bool] = []
    is_first = lambda: not asked.append(True)  # noqa: E731
    machine.step_s = 0.0
    assert pace.admit(int(1000 * SAVED_S) + 1, is_first=is_first)
    assert not asked
    assert not pace.admit(1)
    assert pace.admit(int(1000 * LENT_S), is_first=is_first)
    assert not pace.admit(1, is_first=is_first)
    machine.now += 10.0
    assert not pace.admit(1)
    assert pace.admit(1, is_first=is_first)


def test_who_waits_is_let_go_when_everything_ends() -> None:
    pace = Pace(cpu_share=1.0, bytes_per_s=1.0, patience_s=1e6, cpu_s=lambda: 0.0)
    assert pace.admit(1_000_000)
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(pace.admit(1, is_last_chance=True)))
    waiting.start()
    pace.stop()
    waiting.join(10)
    assert answers == [False]
