"""Copied into a document."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from forensics.rulebook.making import documents
from forensics.rulebook.mutations.base import Mutation, Sample

_LEAST_CHARACTERS = 8
_WRITERS: Mapping[str, Callable[[str], bytes]] = {
    "docx": documents.docx,
    "xlsx": documents.xlsx,
    "pdf": documents.pdf,
    "html": documents.html,
    "eml": documents.eml,
}


def takes_all(text: str, kind: str) -> bool:
    """Say whether the document can hold every letter: the PDF's font has Western ones alone."""
    return kind != "pdf" or text == text.encode("cp1252", "replace").decode("cp1252")


class Document(Mutation):
    """The text of a file copied into a document, or into a mail."""

    name = "document"
    family = "document"
    variants = ("docx", "xlsx", "pdf", "html", "eml")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        text = sample.plain or sample.opened.text
        if len(text) < _LEAST_CHARACTERS or not takes_all(text, argument):
            return None
        return sample.changed(_WRITERS[argument](text), f"{sample.name}.{argument}")
