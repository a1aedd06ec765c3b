"""What would have been seen, as the screen of sensors says it."""

from __future__ import annotations

from forensics.coverage.asking import Share, share
from forensics.coverage.model import Channel, Interval, Ledger, Level
from forensics.coverage.techniques import judge
from tui.sections import covered

DAY = 86_400.0
LEDGER = Ledger(
    start=0.0,
    end=DAY,
    channels=(
        Channel(name="http", intervals=(Interval(start=0.0, end=DAY, level=Level.COVERED),), sensors=("network:eth0",)),
        Channel(
            name="tls",
            intervals=(
                Interval(start=0.0, end=DAY / 2, level=Level.COVERED),
                Interval(start=DAY / 2, end=DAY, level=Level.OPAQUE, causes=(("it was not read\x1b[2J", 2),)),
            ),
            sensors=("network:eth0",),
        ),
        Channel(name="share", intervals=(Interval(start=0.0, end=DAY, level=Level.BLIND),)),
    ),
)


def told(lines: list) -> list[str]:
    return [f"{lead}{text}" for lead, text in lines]


def test_channels_the_worst_first_and_those_that_nothing_watches() -> None:
    first, second, last = told(covered.channels(LEDGER))
    assert first.split() == ["~", "tls", "covered", "50%,", "opaque", "50%", "it", "was", "not", "read<001B>[2J"]
    assert second.split() == ["✓", "http", "covered", "100%"]
    assert last.startswith("! no sensor   share")


def test_techniques_by_why_they_lack() -> None:
    sights = list(judge(LEDGER))
    whole, unwell = (told(covered.techniques(sights, is_unhealthy_only=only)) for only in (False, True))
    assert len(whole) == len(sights)
    assert [row for row in whole if not row.startswith("✓")] == unwell
    assert sum("blind: http" in row for row in whole) <= 1, "the same reason is told once"


def test_the_share_of_what_was_watched() -> None:
    assert share(LEDGER) == Share(covered=0.75, opaque=0.25)
    assert share(Ledger(start=0.0, end=DAY, channels=LEDGER.channels[2:])) is None
