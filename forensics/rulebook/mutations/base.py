"""What every mutation is: it changes a sample as somebody would who wants it out unseen, or who merely handles it."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

from forensics.content import Content
from forensics.formats.text_encoding import decode_text
from forensics.media_types import media_type
from forensics.model import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the decoders read in a sample: its text, a piece a line, and its translation units."""

    text: str = ""
    units: tuple[Unit, ...] = ()


Opener = Callable[[str, bytes], Opened]
"""Opens bytes of a name."""


def unopened(_name: str, _data: bytes) -> Opened:
    """What is read where nobody opens anything."""
    return Opened()


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Content and the name it goes by; `opener` reads it where a mutation asks for what is inside."""

    name: str
    data: bytes
    opener: Opener = unopened

    def changed(self, data: bytes, name: str = "") -> Sample:
        """The sample with other bytes, and another name where one is given."""
        return replace(self, data=data, name=name or self.name)

    @property
    def stem(self) -> str:
        """The name without its last ending."""
        return self.name.rpartition(".")[0] or self.name

    @cached_property
    def media_type(self) -> str:
        """Its media type."""
        return media_type(Content.of(self.data), self.name)

    @cached_property
    def plain(self) -> str | None:
        """The text of a file that is text itself, whatever its encoding; None for others."""
        return decode_text(self.data) or None

    @cached_property
    def opened(self) -> Opened:
        """What the decoders read in it."""
        return self.opener(self.name, self.data)

    @property
    def is_sound(self) -> bool:
        """Say whether it is a recording."""
        return self.media_type.startswith("audio/")


class Mutation(ABC):
    """One way to change a sample. Stateless.

    `variants` are the arguments it is tried with of itself, empty for none; `cost` says what it takes whoever does it:
    1 a click, 2 a common program, 3 a line of script or a special program, 4 work by hand. `family` groups the matrix.
    One that `reaches_inside` is made to the members of an archive where it cannot be made to the archive itself.
    """

    name: ClassVar[str]
    family: ClassVar[str]
    cost: ClassVar[int] = 2
    variants: ClassVar[tuple[str, ...]] = ("",)
    reaches_inside: ClassVar[bool] = False

    @abstractmethod
    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """The changed sample, or None when this cannot be done to such a sample or leaves it as it is."""

    def takes(self, argument: str) -> bool:
        """Say whether the argument is one."""
        return argument in self.variants
