"""What is recorded says of an alert's content whether it is kept, and if not why."""

from __future__ import annotations

from pathlib import Path

from forensics.content import Content
from forensics.model import UNKEPT
from forensics.policy import load
from forensics.recorder import Entry, Recorder
from forensics.resources import rules_folder
from forensics.store import reader
from forensics.store.writer import Store
from forensics.workers import Result
from tests.cli.invoking import earwitness
from tests.store.made import analysis, name_custodians, observation


def recorded(folder: Path, key: str) -> int:
    """Record an alert as the monitor does; its id."""
    content = Content.of(b"speech " + key.encode())
    with Store.open(folder, actor="t") as store:
        recorder = Recorder(store=store, policy=load(rules_folder() / "policy.toml"), folder=folder)
        seen = analysis(observation(key, content=content))
        (report,) = recorder.record([Entry(result=Result(analysis=seen, kept={content.sha256: content}))])
    assert report.recorded.alert_id is not None
    return report.recorded.alert_id


def test_without_custodians_content_is_not_kept_and_the_alert_says_so(tmp_path: Path) -> None:
    first = recorded(tmp_path, "a")
    name_custodians(tmp_path, 2)
    second = recorded(tmp_path, "b")
    connection = reader.open_reader(tmp_path)
    roots = [reader.alert_detail(connection, alert).artifacts[0] for alert in (first, second)]
    assert [root.is_kept for root in roots] == [False, True]
    assert [root.facts.get(UNKEPT, "") for root in roots] == ["there are fewer than two custodians to seal it for", ""]
    assert reader.gaps(connection) == ()
    connection.close()
    shown = earwitness("--store", tmp_path, "show", f"A{first}").stdout
    assert "not kept   there are fewer than two custodians" in shown
    assert "kept sealed" in earwitness("--store", tmp_path, "show", f"A{second}").stdout
