"""`earwitness rules sign` and `rules verify`, and a monitor that takes only what was signed."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from forensics.cli.context import Session
from forensics.cli.rules.group import rules
from forensics.config import Config
from tests.cli.watching import Lines, watching_folder

RULE = 'rule a { meta: id = "OUR-A" severity = "high" strings: $a = "sugar" condition: $a }\n'


def write(folder: Path) -> Path:
    (folder / "yara").mkdir(parents=True)
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    (folder / "yara/a.yar").write_text(RULE)
    return folder


def call(tmp_path: Path, *arguments: str, config: Config = Config()) -> Result:  # noqa: B008  frozen
    session = Session(config=config, store=tmp_path / "store")
    return CliRunner().invoke(rules, arguments, obj=session, standalone_mode=False)


def test_a_key_is_made_once_and_packs_are_signed_and_verified(tmp_path: Path) -> None:
    pack, key = write(tmp_path / "pack"), tmp_path / "our-team.key"
    made = call(tmp_path, "sign", str(pack), "--key", str(key), "--new-key")
    assert made.return_value == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    public = made.stdout.strip()
    assert public.startswith("our-team+")
    assert made.stderr == f"{pack}/pack.sig: 2 files signed by our-team\n"
    again = call(tmp_path, "sign", str(pack), "--key", str(key), "--new-key")
    assert "there is a signing key already" in str(again.exception)
    assert call(tmp_path, "sign", str(pack), "--key", str(key)).stdout.strip() == public
    sound = call(tmp_path, "verify", str(pack), "--signer", public)
    assert (sound.return_value, sound.stdout) == (0, f"{pack}: 2 files as signed by our-team\n")
    configured = Config(rules=(pack,), rules_signers=(public,))
    assert call(tmp_path, "verify", config=configured).return_value == 0
    (pack / "yara/a.yar").write_text(RULE + "// more\n")
    told = call(tmp_path, "verify", config=configured)
    assert (told.return_value, told.stdout) == (1, f"{pack}: not what was signed: yara/a.yar was altered\n")
    assert "by whom" in str(call(tmp_path, "verify", str(pack)).exception)
    key.chmod(0o644)
    assert "others may read" in str(call(tmp_path, "sign", str(pack), "--key", str(key)).exception)


@pytest.mark.slow
def test_a_monitor_takes_only_signed_changes_and_says_so(tmp_path: Path) -> None:
    pack, key = write(tmp_path / "pack"), str(tmp_path / "our-team.key")
    public = call(tmp_path, "sign", str(pack), "--key", key, "--new-key").stdout.strip()
    medium = tmp_path / "medium"
    medium.mkdir()
    words = f'rules = ["{pack}"]\nrules_signers = ["{public}"]\n'

    def told(lines: Lines, *, problem: bool) -> list[dict[str, Any]]:
        return [line["rules"] for line in lines if "rules" in line and bool(line["rules"]["problem"]) is problem]

    with watching_folder(tmp_path / "store", tmp_path, medium, settings=words) as monitor:
        (pack / "yara/a.yar").write_text(RULE.replace("sugar", "salt"))
        (refused,) = monitor.wait_for(lambda lines: told(lines, problem=True))
        assert refused["problem"] == f"{pack}: not what was signed: yara/a.yar was altered"
        (medium / "a.txt").write_text("sugar")
        assert monitor.wait_for(lambda lines: any(line.get("alert") for line in lines)), "the running rules stay"
        assert call(tmp_path, "sign", str(pack), "--key", key).return_value == 0
        (change,) = monitor.wait_for(lambda lines: told(lines, problem=False))
        assert change["generation"] == 2
