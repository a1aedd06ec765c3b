"""The checks as a Markdown table, made from themselves; `rules/README.md` holds what this prints."""

from __future__ import annotations

from forensics.rulebook.lint import checks


def table() -> str:
    """Every code with its level and what it is about, one line each."""
    lines = ["| code | level | what is told |", "|---|---|---|"]
    lines += [f"| {check.code} | {check.level} | {_cell(check.about)} |" for check in checks()]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(table())
