"""Which packs are run: those of the configuration, a kept edition of them, or packs on trial."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.signing import require, signers_of


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """`places` in place of the packs of the configuration; `has_drafts`: rules that are not active are run too.

    `generation` is the number of the edition they are, 0 for none.
    """

    places: tuple[Path, ...] = ()
    has_drafts: bool = False
    generation: int = 0

    def load(self, configured: Sequence[Path], signers: Sequence[str] = ()) -> Rulebook:
        """Load them; packs of the configuration only as one of the `signers`, where there are any, signed them.

        Raises RuleError, and ConfigError for a signer that is none.
        """
        if signers and not self.places:
            require(configured, signers_of(signers))
        book = Rulebook.load(self.places or in_force(configured))
        return book.activated() if self.has_drafts else book


CONFIGURED = Choice()


def in_force(configured: Sequence[Path]) -> list[Path]:
    """The shipped pack and those of the configuration."""
    return [rules_folder() / "starter", *configured]
