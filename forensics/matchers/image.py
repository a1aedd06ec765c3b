"""registered-image: a picture that was issued with a package, whatever it was saved, scaled or cropped to."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.fingerprints.image.search import DISTANCE, ImageMatch
from forensics.likenesses import excerpt, is_picture, pixels_of, score
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Match, Severity


class ImageMatcher(Matcher):
    """Compares pictures with every registered one."""

    name = "image"

    def wants(self, artifact: Artifact) -> bool:
        """Pictures, while any is registered."""
        return is_picture(artifact) and self.register.has_pictures

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield the pictures it was made from, the nearest first, then up to `candidates` that are not near enough.

        Raises Malformed and LimitReached for what is not decoded, StoreError where prints cannot be read.
        """
        found = self.register.pictures.search(pixels_of(artifact))
        near = [hit for hit in found if hit.distance <= DISTANCE]
        yield from (self._match(hit, artifact) for hit in (*near, *found[len(near) :][:candidates]))

    def _match(self, hit: ImageMatch, artifact: Artifact) -> Match:
        item = self.register.item(hit.item)
        package, programme = self.issue_of(item, artifact) if item else ("", "")
        return Match(
            rule="registered-image",
            matcher=self.name,
            artifact=artifact.number,
            score=score(hit),
            title=f"Registered picture {hit.item}",
            severity=Severity.HIGH,
            accepted=hit.distance <= DISTANCE,
            item=hit.item,
            package=package,
            programme=programme,
            category="registered",
            why=(excerpt(hit, DISTANCE, len(self.register.pictures)),),
        )
