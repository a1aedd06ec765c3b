"""Keys one at a time: each is seen to, with the change of place it makes, before the next is looked at.

Textual puts keys into the queue of the widget that has the focus when they come. Of keys that come in one burst, as a
fast hand, a slow line or a busy program make them, those after one that opens a line would go to the list before it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump

PATIENCE_S = 1.0
"""After so long a key that never came to its end (its screen was taken down) holds up the others no more."""


class SeenTo(Message, bubble=True):
    """Goes behind a key, from the widget it was given to up to the app: where this comes, the key has been."""


class Typing:
    """The keys that wait. `give` hands one to whoever has the focus; `receiver` is who that is."""

    def __init__(
        self,
        give: Callable[[events.Key], Awaitable[None]],
        receiver: Callable[[], MessagePump],
        monotonic: Callable[[], float],
    ) -> None:
        self._give = give
        self._receiver = receiver
        self._monotonic = monotonic
        self._keys: deque[events.Key] = deque()
        self._given: float | None = None

    async def take(self, key: events.Key) -> None:
        """Give this key when those before it have been seen to."""
        self._keys.append(key)
        if self._given is None or self._monotonic() - self._given > PATIENCE_S:
            await self.go_on()

    async def go_on(self) -> None:
        """The key before has been seen to; give the next one."""
        self._given = None
        if self._keys:
            self._given = self._monotonic()
            receiver = self._receiver()
            await self._give(self._keys.popleft())
            receiver.post_message(SeenTo())
