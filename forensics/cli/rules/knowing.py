"""What a rule can know of one example beside its format: its sound, else its words, else the file as a whole."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from forensics.cli.context import Session
from forensics.cli.rules.printing import read_apart
from forensics.cli.rules.subject import texts_of
from forensics.content import Content
from forensics.errors import Malformed
from forensics.fingerprints.fuzzy import fuzzy
from forensics.model import Observation
from forensics.rulebook.audio_prints import AUDIO, LEAST_S, speech_s
from forensics.rulebook.cases import HIT, MISS
from forensics.rulebook.example_files import Example
from forensics.rulebook.fuzzy_rules import FUZZY
from forensics.rulebook.pack import FINGERPRINTS
from forensics.rulebook.prints import file_name, rule_text, toml_of
from forensics.rulebook.rule_text import Wanted
from forensics.rulebook.templates import sample_path
from forensics.rulebook.text_prints import DISTINCTIVE_BITS, TEXT, key_in, printed, unpacked

KEY_BYTES = 32
_ORDINARY = b"Minutes of the house council, Monday, 12.00: roof, bins, bicycles.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One way to know something again: the kind of rule, its print where it has one, and what else it asks."""

    kind: str
    print: bytes = b""
    match: dict[str, str | float] = field(default_factory=dict)

    def files(self, wanted: Wanted, example: Example) -> dict[PurePosixPath, bytes]:
        """The rule as a draft, its print and samples; of evidence no sample."""
        folder = PurePosixPath(FINGERPRINTS)
        if self.print:
            text = toml_of(wanted.id, self.kind, self.print, self.match, title=wanted.title, severity="high")
            found = {folder / file_name(wanted.id): self.print}
        else:
            text = rule_text(wanted.id, self.kind, self.match, title=wanted.title, severity="high")
            found = {}
        said = text.replace('author = ""', f"author = {_quoted(wanted.author)}", 1)
        found[folder / f"{wanted.id.lower()}.toml"] = said.replace(
            'created = ""', f'created = "{wanted.created}"', 1
        ).encode()
        found[sample_path(wanted.id, MISS, "ordinary.txt")] = _ORDINARY
        if not example.evidence:
            found[sample_path(wanted.id, HIT, example.name)] = example.data
        return found


def known(session: Session, example: Example, pack: Path) -> Known | None:
    """The first way that tells enough; None where none does."""
    content = Content.of(example.data)
    seen = Observation(key=example.name, channel="rule", time=0.0, name=example.name, content=content, is_leaving=False)
    return next(_ways(session, seen, pack), None)


def _ways(session: Session, seen: Observation, pack: Path) -> Iterator[Known]:
    sounds = list(read_apart(session, seen).reading.sounds.values())
    if len(sounds) == 1 and speech_s(sounds[0].codes) >= LEAST_S:
        yield Known(kind=AUDIO, print=sounds[0].codes)
    text = max(texts_of(session, seen), key=len, default="")
    try:
        made = printed(text, key_in(pack / FINGERPRINTS) or secrets.token_bytes(KEY_BYTES))
        if unpacked(made)[1].bits >= DISTINCTIVE_BITS:
            yield Known(kind=TEXT, print=made)
    except Malformed:
        pass  # says too little: it may be known as a file
    try:
        yield Known(kind=FUZZY, match={"digest": str(fuzzy(seen.content.bytes()))})
    except Malformed:
        return


def _quoted(text: str) -> str:
    return '"' + "".join(sign for sign in text if sign.isprintable() and sign not in '"\\') + '"'
