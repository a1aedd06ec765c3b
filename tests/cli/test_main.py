"""The command group as a whole: exit codes, options before and after, and a README that names what there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from forensics import errors
from forensics.cli.main import COMMANDS

GROUPS = ("rules", "programme", "suppress", "incident", "case", "custodian", "unseal", "hold", "retention", "selfcheck")
README = Path(__file__).resolve().parents[2] / "README.md"


def earwitness(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the real command line as a process."""
    return subprocess.run(
        [sys.executable, "-m", "forensics.cli", *arguments], capture_output=True, text=True, check=False, input=text
    )


def test_help_lists_every_command() -> None:
    done = earwitness("--help")
    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_takes_the_common_options(name: str) -> None:
    done = earwitness(name, "--help")
    assert done.returncode == 0, done.stderr
    if name not in GROUPS:
        assert "--store" in done.stdout
        assert "--config" in done.stdout


def test_the_readme_names_every_command_and_every_exit_code() -> None:
    text = README.read_text("utf-8")
    assert all(f"earwitness {name}" in text or f"make {name}" in text for name in COMMANDS)
    codes = {error.exit_code for error in vars(errors).values() if hasattr(error, "exit_code")}
    assert all(f"\n| {code} |" in text for code in codes | {0, 1, 2})


def test_usage_is_2_and_goes_to_stderr() -> None:
    done = earwitness("scan")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage" in done.stderr
    assert earwitness("no-such-command").returncode == 2


def test_an_unknown_key_of_the_configuration_is_named(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[network]\ninterfacs = ['lo']\n")
    for arguments in (("--config", str(config), "doctor"), ("doctor", "--config", str(config))):
        done = earwitness(*arguments)
        assert done.returncode == errors.ConfigError.exit_code
        assert "interfacs" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "key"),
    [("[workers]\ncount = 0\n", "workers.count"), ("[limits]\nseconds = -1\n", "limits.seconds"), ("a = \n", "line 1")],
)
def test_nonsense_in_the_configuration_is_named(tmp_path: Path, text: str, key: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(text)
    done = earwitness("--config", str(config), "doctor")
    assert done.returncode == errors.ConfigError.exit_code
    assert key in done.stderr


def test_a_configuration_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = earwitness("--config", str(tmp_path / "none.toml"), "doctor")
    assert done.returncode == errors.ConfigError.exit_code
    assert "none.toml" in done.stderr


def test_a_store_that_is_not_one_is_refused_and_left_alone(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    foreign = store / "evidence.sqlite"
    foreign.write_bytes(b"this is not a database" * 1000)
    before = foreign.read_bytes()
    sample = tmp_path / "a.txt"
    sample.write_text("hello")
    for command in (["scan", str(sample)], ["search", "x"], ["show", "A1"]):
        done = earwitness("--store", str(store), *command)
        assert done.returncode == errors.StoreError.exit_code, done.stderr
        assert "Traceback" not in done.stderr
    assert foreign.read_bytes() == before
