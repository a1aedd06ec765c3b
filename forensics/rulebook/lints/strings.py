"""Strings and rules that say nothing, say it twice, or look for what cannot be there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.rulebook.checks import Remark, Whole, WholeCheck, Written, WrittenCheck
from forensics.rulebook.rule import Rule

_FULLWORD_EDGE = re.compile(rb"[A-Za-z0-9]")


class NeverAsked(WrittenCheck):
    """A string that says nothing."""

    code, level = "L301", "warning"
    about = "a string that the condition never asks for"
    fix = "ask for it, or leave it out"

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such string: YARA refuses them unless their name begins with `$_`."""
        asked = {name for node in written.text.condition.walk() for name in node.strings}
        is_all = re.search(r"\bthem\b", written.text.condition.text)
        starts = tuple(name[:-1] for name in asked if name.endswith("*"))
        for string in written.text.strings if not is_all else ():
            if string.name not in asked and not (starts and string.name.startswith(starts)) and string.name != "$":
                yield Remark(f"{string.name} of {written.who} is never asked for", string.start)


class FullwordEdge(WrittenCheck):
    """`fullword` where no word ends."""

    code, level = "L305", "info"
    about = "`fullword` on a string that begins or ends with a sign that is in no word"
    fix = "leave out fullword, or the sign"

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such string."""
        for name, start, pattern in written.named():
            data = pattern.literal
            is_odd = data and not (_FULLWORD_EDGE.match(data[:1]) and _FULLWORD_EDGE.match(data[-1:]))
            if "fullword" in pattern.words and is_odd:
                yield Remark(f"{name} of {written.who} is no word at its edges", start)


class SameString(WrittenCheck):
    """One string under two names."""

    code, level = "L306", "warning"
    about = "two strings of a rule that are the same: `2 of them` holds when one is there"
    fix = "leave one of them out"

    def find(self, written: Written) -> Iterator[Remark]:
        """The later of the two."""
        seen: dict[str, str] = {}
        for string in written.text.strings:
            other = seen.setdefault(" ".join(string.text.split()), string.name)
            if other != string.name:
                yield Remark(f"{string.name} and {other} of {written.who} are the same", string.start)


class SameRule(WholeCheck):
    """One rule under two ids."""

    code, level = "L307", "warning"
    about = "two rules with the same strings and the same condition: each finding is told twice"
    fix = "keep one of them, or deprecate it with replaced_by"

    def find(self, whole: Whole) -> Iterator[tuple[Remark, Rule]]:
        """The later of the two."""
        seen: dict[object, Rule] = {}
        for written in whole.written:
            text = written.text
            strings = tuple(sorted((s.name, " ".join(s.text.split())) for s in text.strings))
            key = (strings, " ".join(text.condition.text.split()), written.rule.scope)
            other = seen.setdefault(key, written.rule)
            if other is not written.rule and other.status == written.rule.status and not _names_rules(written, whole):
                yield Remark(f"{written.who} asks the same as {other.id}"), written.rule


class BytesOfText(WrittenCheck):
    """Bytes looked for in text."""

    code, level = "L309", "warning"
    about = "a rule over text (`scope`) that looks for what views of text, in UTF-8, have not: wide, xor, zeros, hex"
    fix = "look for it as text, or take scope raw"

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such string."""
        if written.rule.scope != "text":
            return
        for name, start, pattern in written.named():
            data = pattern.literal or b""
            is_wide_only = "wide" in pattern.words and "ascii" not in pattern.words
            is_binary = pattern.kind == "hex" or is_wide_only or "xor" in pattern.words or b"\0" in data
            if is_binary:
                yield Remark(f"{name} of {written.who} is bytes, and the rule is one over text", start)


def _names_rules(written: Written, whole: Whole) -> bool:
    names = {each.text.name for each in whole.written}
    return any(node.rule in names for node in written.text.condition.walk())
