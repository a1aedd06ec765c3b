"""Keys for requests to open kept content: ask, approve, decline, take out, wherever one can be meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from forensics.store.unseals import Unseal
from tui.desk import Desk
from tui.formatting import Safe
from tui.screens.console import ConsoleScreen
from tui.unsealing import offer_approve, offer_ask, offer_decline, offer_take


class AskingScreen(ConsoleScreen):
    """A screen on which kept content can be asked for; `about` names what the cursor is on."""

    def about(self) -> str:
        """`A12`, a SHA-256, `p-...`, or nothing."""
        return ""

    def action_ask_unseal(self) -> None:
        """Ask for it to be opened."""
        offer_ask(self.app, self.desk, self.about())


class UnsealingScreen(AskingScreen):
    """A screen with requests; `asked` is the one under the cursor."""

    def asked(self) -> Unseal | None:
        """The request that is meant."""
        return None

    def action_approve_unseal(self) -> None:
        """Approve what somebody else asked for."""
        self._offer(offer_approve)

    def action_decline_unseal(self) -> None:
        """Decline it, or withdraw one's own."""
        self._offer(offer_decline)

    def action_take_unsealed(self) -> None:
        """Write what was approved to a file."""
        self._offer(offer_take)

    def _offer(self, offer: Callable[[App[Any], Desk, Unseal], None]) -> None:
        asked = self.asked()
        if asked is None:
            self.notify(Safe("That is for a request, on the page Unsealing."), markup=False, timeout=4)
        else:
            offer(self.app, self.desk, asked)
