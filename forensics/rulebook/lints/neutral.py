"""What rules say of content that is nothing: YARA is asked, so no condition is argued about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import yara

from forensics.rulebook.checks import FileCheck, Loaded, Remark
from forensics.rulebook.compiling import EXTERNALS
from forensics.rulebook.rule import Rule

_TIMEOUT_S = 5
_WORDS = "the people who keep the minutes meet on Monday at noon and talk about nothing in particular today "


@dataclass(frozen=True, slots=True, kw_only=True)
class Neutral:
    """Content that no rule is about. `is_text`: it may also be the text of something."""

    name: str
    filetype: str
    data: bytes
    is_text: bool = False

    @property
    def variables(self) -> Mapping[str, str | int]:
        """What rules may ask beside the bytes."""
        said = {"filename": self.name, "path": self.name, "filetype": self.filetype, "channel": "http"}
        return {**EXTERNALS, **said, "size": len(self.data)}


def _noise(size: int) -> bytes:
    """Bytes without any pattern, always the same."""
    return b"".join(hashlib.sha256(b"neutral %d" % number).digest() for number in range(size // 32))


@cache
def neutral_contents() -> tuple[Neutral, ...]:
    """Nothing, one letter, ordinary words, an empty object, zeros, and noise."""
    return (
        Neutral(name="empty", filetype="application/x-empty", data=b"", is_text=True),
        Neutral(name="letter.txt", filetype="text/plain", data=b"x", is_text=True),
        Neutral(name="minutes.txt", filetype="text/plain", data=(_WORDS * 60).encode(), is_text=True),
        Neutral(name="object.json", filetype="application/json", data=b'{"a": 1}\n', is_text=True),
        Neutral(name="zeros.bin", filetype="application/octet-stream", data=bytes(4096)),
        Neutral(name="noise.bin", filetype="application/octet-stream", data=_noise(65536)),
    )


class MatchesEverything(FileCheck):
    """A condition that always holds."""

    code, level = "L302", "error"
    about = "matches everything: empty content, ordinary words, zeros and noise alike"
    fix = "ask for something that only what is meant has"

    def find(self, loaded: Loaded) -> Iterator[tuple[Remark, Rule | None]]:
        """Each such rule."""
        for rule, names in _matched(loaded):
            if len(names) == _asked(rule):
                yield Remark(f"{rule.id} matches everything"), rule


class MatchesNeutral(FileCheck):
    """A condition that ordinary content meets."""

    code, level = "L303", "warning"
    about = "matches some content that is nothing: what is empty, ordinary words, zeros, or noise"
    fix = "ask for something that only what is meant has"

    def find(self, loaded: Loaded) -> Iterator[tuple[Remark, Rule | None]]:
        """Each such rule, and what it matches."""
        for rule, names in _matched(loaded):
            if len(names) < _asked(rule):
                yield Remark(f"{rule.id} matches {', '.join(names)}"), rule


class SlowOnNothing(FileCheck):
    """Rules that do not come to an end."""

    code, level = "S210", "error"
    about = f"takes more than {_TIMEOUT_S} s over 64 KiB of noise or ordinary words"
    fix = "bound its repetitions and loops"

    def find(self, loaded: Loaded) -> Iterator[tuple[Remark, Rule | None]]:
        """The content it does not come to the end of."""
        for content in neutral_contents():
            if _hits(loaded, content) is None:
                yield Remark(f"the rules of the file do not end over {content.name}"), None
                return


def _asked(rule: Rule) -> int:
    return sum(_is_run(rule, content) for content in neutral_contents())


def _matched(loaded: Loaded) -> Iterator[tuple[Rule, list[str]]]:
    """Each rule with the neutral contents that it matches and is run over."""
    for rule in loaded.file.rules if loaded.compiled is not None else ():
        names = [c.name for c in neutral_contents() if _is_run(rule, c) and rule.name in (_hits(loaded, c) or ())]
        if names:
            yield rule, names


def _is_run(rule: Rule, content: Neutral) -> bool:
    return content.is_text or rule.scope != "text"


def _hits(loaded: Loaded, content: Neutral) -> list[str] | None:
    """The names of the rules that match; None when they do not come to an end."""
    if loaded.compiled is None:
        return []
    if None in loaded.asked.values():
        return None
    if content.name not in loaded.asked:
        loaded.asked[content.name] = _scan(loaded, content)
    return loaded.asked[content.name]


def _scan(loaded: Loaded, content: Neutral) -> list[str] | None:
    def go_on(*_: object) -> int:
        return int(yara.CALLBACK_CONTINUE)

    try:
        hits = loaded.compiled.match(
            data=content.data, externals=dict(content.variables), timeout=_TIMEOUT_S, warnings_callback=go_on
        )
    except yara.TimeoutError:
        return None
    except yara.Error:
        return []
    return [hit.rule for hit in hits]
