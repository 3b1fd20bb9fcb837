"""The operators' decisions on pictures as a matrix of hashes, so that the nearest of thousands is found at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.likeness import QUALITY_LEAST, BankEntry, Match, Nearest, judge

Words = NDArray[np.uint64]


class Bank:
    """Blocked and cleared pictures; 25,000 are looked through in under a millisecond (bench/pictures.py)."""

    def __init__(self, entries: Sequence[BankEntry], version: str = "") -> None:
        self.version = version
        self._blocked = _Hashes([entry for entry in entries if not entry.is_cleared])
        self._cleared = _Hashes([entry for entry in entries if entry.is_cleared])

    def match(self, pdq: bytes, quality: int) -> Match | None:
        """The blocked picture that this hash is near enough to; None for a hash that is not to be believed."""
        if not pdq or quality < QUALITY_LEAST:
            return None
        return judge(self._blocked.nearest(pdq), self._cleared.nearest(pdq))


class _Hashes:
    def __init__(self, entries: Sequence[BankEntry]) -> None:
        self._ids = [entry.image_id for entry in entries]
        self._words = _read_words(b"".join(entry.pdq for entry in entries))

    def nearest(self, pdq: bytes) -> Nearest | None:
        if not self._ids:
            return None
        distances = np.bitwise_count(self._words ^ _read_words(pdq)).sum(axis=1, dtype=np.uint16)
        at = int(distances.argmin())
        return Nearest(self._ids[at], int(distances[at]))


def _read_words(hashes: bytes) -> Words:
    """A row of four words for each 32 bytes; their order does not matter to a distance."""
    return np.frombuffer(hashes, dtype=np.uint64).reshape(-1, 4)
