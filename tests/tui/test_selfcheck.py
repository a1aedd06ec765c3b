"""The self-check on the Sensors screen and in the health bar: canaries seen, missed, due and overdue."""

from dataclasses import replace

import pytest

from forensics.model import SensorHealth
from forensics.store.canaries import MISSED, Canary, Sighting
from forensics.store.writer import Store
from tests.store import made
from tests.tui import night_shift
from tests.tui.watching import journey, screen_text, scrolls_to, shows, until

NOW = night_shift.NOW
SENT = Canary(
    channel="http",
    sensor="network:eth0",
    destination="http://192.0.2.7:80/",
    nonce="1",
    sha256="1" * 64,
    sent=NOW - 600,
    due=NOW - 480,
)


def write(folder, *, is_missed):
    with Store.open(folder, actor="watch", clock=lambda: NOW - 598.8) as store:
        store.heartbeat(SensorHealth(sensor="network:eth0", kind="network", state="running", time=NOW))
        store.see_canary(store.issue_canary(SENT), Sighting(key="k", by="audio, text", lack=""))
        if is_missed:
            odd = replace(SENT, channel="removable", sensor="network:eth0", nonce="2\x1b[2J", sha256="2" * 64)
            store.end_canary(store.issue_canary(odd), MISSED, "not seen within 120 s \x1b[2J\u202e")


def plan(folder, when):
    with Store.open(folder, actor="watch") as store:
        store.plan_canaries(when)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@journey
async def test_what_was_seen_and_when_the_next_are_due(night, console, size):
    write(night, is_missed=False)
    plan(night, NOW + 2 * 3600 + 60)
    async with console(night).run_test(size=size) as pilot:
        await shows(pilot, "✓ canary in 2h")
        await pilot.press("6")
        await shows(pilot, "network:eth0")
        await scrolls_to(pilot, "the next in 2h")
        await shows(pilot, "Self-check", "✓ seen", "seen after 1.2 s", "p50 1.2 s", "missed 0", "the next in 2h")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@journey
async def test_what_was_missed(night, console, size):
    write(night, is_missed=True)
    plan(night, NOW + 60)
    async with console(night).run_test(size=size) as pilot:
        await shows(pilot, "! canary missed: removable")
        await pilot.press("6")
        await shows(pilot, "network:eth0")
        await scrolls_to(pilot, "missed 1")
        await shows(pilot, "! missed", "not seen within 120 s <001B>[2J<202E>", "missed 1")


@journey
async def test_that_nobody_sends_them_any_more(night, console):
    plan(night, NOW - 3600)
    async with console(night).run_test(size=(120, 40)) as pilot:
        await shows(pilot, "! canary 1h late")
        plan(night, None)
        await until(pilot, lambda: "canary" not in screen_text(pilot.app))


@journey
async def test_a_canary_s_alert_is_nobody_s_news(night, console):
    newest = replace(made.verdict(), items=("selfcheck:01",))
    with Store.open(night, actor="watch") as store, store.group() as group:
        seen = made.observation("canary", time=NOW)
        group.record(made.analysis(seen), newest, grouper=lambda *_: None)
    async with console(night).run_test(size=(120, 40)) as pilot:
        await shows(pilot, "newest 2m ago")
