"""The action table against the screens that carry it out."""

from __future__ import annotations

import pytest

from forensics.errors import ConfigError
from tui import actions
from tui.app import TuiApp
from tui.keymap import TOGETHER, Keymap
from tui.screens.case import CaseScreen
from tui.screens.cases import CasesScreen
from tui.screens.custody import CustodyScreen
from tui.screens.detail import DetailScreen
from tui.screens.incident import IncidentScreen
from tui.screens.queue import QueueScreen
from tui.screens.report import ReportScreen
from tui.screens.rule_editor import RuleEditorScreen
from tui.screens.rules import RulesScreen
from tui.screens.search import SearchScreen
from tui.screens.sensors import SensorsScreen
from tui.screens.sighting import SightingScreen
from tui.screens.timeline import TimelineScreen
from tui.widgets.histogram import Histogram
from tui.widgets.row_list import RowList
from tui.widgets.time_chart import TimeChart
from tui.widgets.welcome import Welcome

TARGETS: dict[str, type] = {
    "app": TuiApp,
    "list": RowList,
    "queue": QueueScreen,
    "incident": IncidentScreen,
    "detail": DetailScreen,
    "search": SearchScreen,
    "sensors": SensorsScreen,
    "sighting": SightingScreen,
    "timeline": TimelineScreen,
    "custody": CustodyScreen,
    "rules": RulesScreen,
    "editor": RuleEditorScreen,
    "cases": CasesScreen,
    "case": CaseScreen,
    "report": ReportScreen,
    "histogram": Histogram,
    "welcome": Welcome,
}


@pytest.mark.parametrize("action", actions.ACTIONS, ids=lambda action: action.id)
def test_every_action_has_its_method(action: actions.Action) -> None:
    for target in action.targets:
        assert callable(getattr(TARGETS[target], "action_" + action.method.partition("(")[0], None))


@pytest.mark.parametrize("action", actions.of("list"), ids=lambda action: action.id)
def test_the_timeline_goes_by_the_keys_of_lists(action: actions.Action) -> None:
    assert callable(getattr(TimeChart, "action_" + action.method.partition("(")[0], None))


@pytest.mark.parametrize("target", TARGETS)
def test_no_key_means_two_things_in_one_place(target: str) -> None:
    together = [target, "app"] + (["list"] if TOGETHER.get(target) == "list" else [])
    keys = [key for name in dict.fromkeys(together) for action in actions.of(name) for key in action.keys.split(",")]
    assert len(keys) == len(set(keys))


def test_keys_are_moved_and_what_cannot_be_is_told() -> None:
    keys = Keymap({"close": "C", "top": "ctrl+t,home"})
    assert (keys.find("close").keys, keys.find("close").key_names) == ("C", "C")
    assert keys.find("top").key_names == "ctrl+t"
    assert keys.find("bottom").keys == "G,end"
    for moved, said in (
        ({"shut": "x"}, "no action 'shut'"),
        ({"close": "a"}, "a would mean both acknowledge and close in the"),
        ({"close": "j"}, "in the queue"),
        ({"close": "x,"}, "tui.keys.close: no key"),
    ):
        with pytest.raises(ConfigError, match=said):
            Keymap(moved)


def test_ids_are_unique_and_every_target_is_titled() -> None:
    ids = [action.id for action in actions.ACTIONS]
    assert len(ids) == len(set(ids))
    assert {target for action in actions.ACTIONS for target in action.targets} <= {*actions.TITLES, "sighting"}
