"""The rules: what each found of late, how often it was too broad, its cost, its text, and the workbench beside it."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.app import SuspendNotSupported
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from forensics.errors import InputError
from forensics.rulebook.measured import RuleFigures
from forensics.rulebook.rule import Rule
from tui import actions, costing, rulings, wording
from tui.columns import RuleColumns
from tui.costing import Costing
from tui.desk import Desk
from tui.drafts import Draft
from tui.feed import Pulse
from tui.formatting import EMPTY, Piece, Safe, content, crop, lines, safe
from tui.rulings import RuleRow, Rulings
from tui.screens.console import ConsoleScreen
from tui.screens.rule_editor import RuleEditorScreen
from tui.widgets.line_dialog import LineDialog
from tui.widgets.row_list import RowList
from tui.widgets.twin_pane import TwinPane

EDITOR = "vi"


class RulesScreen(ConsoleScreen):
    """Every rule of the packs. What is asked of the workbench runs beside it, as the command line does it."""

    PLACE = "rules"
    TARGETS = ("list", "rules")
    BINDINGS: ClassVar = actions.bindings("rules")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._problem = EMPTY
        self._costing = Costing()
        self._bar = Static(id="bar")
        self._rows: RowList[RuleRow] = RowList(
            RuleColumns(self._cost),
            id="rules",
            empty=Safe("reading ..."),
            monotonic=desk.monotonic,
        )
        self._text = Static()
        self._source = VerticalScroll(self._text, id="source")
        self._twin = TwinPane(desk.twin, id="twin")

    def body(self) -> Iterable[Widget]:
        """What is listed, the rules, the text of one, and a command where one runs."""
        yield self._bar
        yield self._rows
        yield self._source
        yield self._twin

    def on_mount(self) -> None:
        """Read the packs."""
        self._rows.focus()
        self.action_reread()

    def on_screen_resume(self) -> None:
        """Read what may have been written meanwhile."""
        super().on_screen_resume()
        self.action_reread()

    def look(self, pulse: Pulse) -> None:
        """Count anew what the rules found."""
        if pulse.condition == "ready" and self._rows.window.rows:
            self._count()

    def leave(self) -> bool:
        """Escape: put the command or the text away; False when there was neither."""
        if self._twin.leave():
            return True
        had = self._source.has_class("-shown")
        self._source.remove_class("-shown")
        return had

    def action_reread(self) -> None:
        """Read the packs as they stand now."""
        self.run_worker(self._read, thread=True, group="packs", exclusive=True, exit_on_error=False)

    def action_test_rule(self) -> None:
        """Try the rule on its samples and cases."""
        self._ask("test", "--rule")

    def action_lint(self) -> None:
        """Look its pack over."""
        self._ask("lint")

    def action_mutate(self) -> None:
        """What becomes of the rule when its samples are changed."""
        self._ask("mutate", "--rule")

    def action_backtest(self) -> None:
        """What its pack would have alerted on over the evidence of the last thirty days."""
        self._ask("backtest", more=("--last", "30d"))

    def action_cost(self) -> None:
        """Measure what each rule costs, and how many ordinary files it speaks of."""
        self._source.remove_class("-shown")
        packs = map(str, self.desk.packs)
        kept = str(self.desk.store / costing.NAME)
        self._twin.ask(["rules", "bench", *packs, "--most", str(costing.FILES), "--save", kept])

    def action_explain(self) -> None:
        """Ask against what, then say why the rule matches it or what keeps it from that."""
        row = self._rows.selected
        if row is None:
            return
        pack, rule = str(_pack_of(row)), row.rule.id

        def against(subject: str | None) -> None:
            if subject is not None:
                self._source.remove_class("-shown")
                self._twin.ask(["rules", "explain", "--pack", pack, "--", subject, rule])

        asked = Safe(f"Why does {crop(safe(rule), 40)} match, or why does it not?")
        self.app.push_screen(LineDialog(asked, Safe("explain it: a file, or evidence such as A12 or O57")), against)

    def action_new_rule(self) -> None:
        """Begin a rule from the template, in the pack of the rule under the cursor."""
        row = self._rows.selected
        if row is None:
            return
        pack = str(_pack_of(row))

        def named(rule: str | None) -> None:
            if rule is not None:
                self._source.remove_class("-shown")
                self._twin.ask(["rules", "new", "--pack", pack, "--", rule])

        asked = Safe(f"A new rule in {crop(safe(pack), 50)}")
        self.app.push_screen(LineDialog(asked, Safe("begin it under this id, with samples")), named)

    def on_twin_pane_ended(self) -> None:
        """What was asked may have changed the packs."""
        self.action_reread()

    def action_draft(self) -> None:
        """Edit a draft of its file, looked over while it is written."""
        row = self._rows.selected
        if row is None:
            return
        try:
            draft = Draft(_pack_of(row), row.rule.path)
        except (InputError, OSError) as error:
            self.notify(safe(error), severity="warning", markup=False)
            return
        self.app.push_screen(RuleEditorScreen(self.desk, draft, row.rule.id, row.rule.line))

    def action_edit(self) -> None:
        """Open its file in the editor, then look its pack over."""
        row = self._rows.selected
        if row is None:
            return
        editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or EDITOR)
        try:
            with self.app.suspend():
                subprocess.run([*editor, f"+{row.rule.line}", str(row.rule.path)], check=False)
        except (SuspendNotSupported, OSError) as error:
            self.notify(Safe(f"No editor: {safe(error)}"), severity="warning", markup=False)
            return
        self.action_reread()
        self.action_lint()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Show the rule's text."""
        message.stop()
        self._twin.leave()
        self._source.add_class("-shown")
        self._tell()

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """The text that is shown goes with the cursor."""
        message.stop()
        if self._source.has_class("-shown"):
            self._tell()

    def _ask(self, command: str, option: str = "", more: tuple[str, ...] = ()) -> None:
        row = self._rows.selected
        if row is None:
            return
        self._source.remove_class("-shown")
        chosen = (option, row.rule.id) if option else ()
        self._twin.ask(["rules", command, str(_pack_of(row)), *chosen, *more])

    def _cost(self, rule: Rule) -> RuleFigures | None:
        return self._costing.of(rule)

    def _tell(self) -> None:
        row = self._rows.selected
        if row is not None:
            place = Safe(f"{safe(row.rule.path)}:{row.rule.line}")
            cost = costing.told(self._cost(row.rule), self._costing, self.desk.now())
            told = [
                content((place, "$quiet")),
                content((cost, "$quiet")),
                *(content(line) for line in rulings.source(row.rule)),
            ]
            self._text.update(lines(told))
            self._source.scroll_home(animate=False)

    def _read(self) -> None:
        found, costs = rulings.read(self.desk.packs), costing.read(self.desk.store / costing.NAME)
        self.app.call_from_thread(self._show, found, costs)

    def _show(self, found: Rulings, costs: Costing) -> None:
        self._costing = costs
        was = self._rows.selected.id if self._rows.selected is not None else None
        self._problem = found.problem
        if found.rows:
            known = {row.rule.id: row for row in self._rows.window.rows}
            self._rows.window.rows = [
                replace(row, hits=old.hits, broad=old.broad) if (old := known.get(row.rule.id)) else row
                for row in found.rows
            ]
            self._rows.window.move(0)
        self._rows.empty = Safe("no rules")
        self._rows.sync(was)
        self._draw()
        if found.rows:
            self._count()

    def _count(self) -> None:
        rows = tuple(self._rows.window.rows)
        self.desk.feed.ask(self, "rules", lambda connection: rulings.counted(connection, rows), self._counted)

    def _counted(self, found: dict[str, tuple[int, int]]) -> None:
        self._rows.window.rows = [
            replace(row, hits=found[row.rule.id][0], broad=found[row.rule.id][1]) if row.rule.id in found else row
            for row in self._rows.window.rows
        ]
        self._rows.refresh()

    def _draw(self) -> None:
        rows = self._rows.window.rows
        packs = len({row.rule.pack for row in rows})
        pieces: list[Piece] = [(Safe("Rules"), "bold")]
        if rows:
            pieces.append(Safe(f"  {wording.amount(len(rows), 'rule')} in {wording.amount(packs, 'pack')}"))
            pieces.append((Safe("   found: 30 days   cost: ms/MiB, "), "$quiet"))
            ago = wording.ago(self.desk.now() - self._costing.time) if self._costing.time else Safe("not measured")
            pieces.append((ago, "$quiet"))
        if self._problem:
            pieces.append((Safe(f"   ! {self._problem}"), "bold $warning"))
        self._bar.update(content(*pieces))


def _pack_of(row: RuleRow) -> Path:
    """The folder of the rule's pack: that of its file, or above it."""
    folder = row.rule.path.parent
    return folder.parent if folder.name in ("yara", "identifiers", "fingerprints") else folder
