"""The README's table of settings is what the configuration's types say."""

from __future__ import annotations

from pathlib import Path

from forensics.cli.settings import table

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_readme_holds_the_generated_table() -> None:
    text = README.read_text("utf-8")
    section = text.partition("<!-- settings -->\n")[2].partition("\n<!-- /settings -->")[0]
    assert section == table(), "run `python -m forensics.cli.settings` and put its table into the README"
