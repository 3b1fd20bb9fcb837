"""PDQ in whole numbers: a perceptual hash of 256 bits that is the same on every machine.

PDQ is Meta's (BSD licence); the algorithm is that of its C++ code at a fixed 256 x 256: a tent filter down to 64 x 64,
the 16 x 16 lowest frequencies but the first, each above their median or not. Sums of whole numbers, where the C++ code
has floats, leave no rounding to a machine's BLAS; the two differ in 2 bits at most.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Hashes of another number are not to be compared with these. 1: the picture is shrunk to 256 x 256 first, by Pillow's
#: bilinear filter (nobody else does: a copy of a quarter the size is found at distance <= 10 in 93 %, not in 25 %).
PDQ_VERSION = 1
SIDE = 256
#: Of the cosines, so that the products of three factors fit 63 bits: 22 (pixels) + 2 x 14.5 + 12 (two sums of 64).
_SCALE = 1 << 16
#: Sixteen pixels, each in thousandths: what one of the 64 x 64 means is a sum of.
_WHITE = 255 * 16 * 1000

Grid = NDArray[np.int64]


def hash_picture(rgb: NDArray[np.uint8]) -> tuple[bytes, int]:
    """The 32 bytes of a picture's hash (as PDQ writes them in hex) and its quality: 0 to 100, 0 for one colour."""
    square = Image.fromarray(rgb).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    means = _shrink(np.asarray(square, dtype=np.int64) @ np.array([299, 587, 114]))
    frequencies = _COSINES @ means @ _COSINES.T
    median = np.partition(frequencies, 127, axis=None)[127]  # the lower of the two in the middle, as in the C++ code
    bits = (frequencies > median).ravel()[::-1]
    return np.packbits(bits).tobytes(), _quality(means)


def _shrink(luma: Grid) -> Grid:
    """Two box filters of two pixels each way, read at the middle of each block of 4 x 4."""
    return _shrink_rows(_shrink_rows(luma).T).T


def _shrink_rows(grid: Grid) -> Grid:
    # [1 1] twice is [1 2 1], read at 2, 6, 10 ... 254; beyond 255 there is nothing, where the C++ code's window shrinks
    # to the one pixel that is left: there [1 3]
    padded = np.vstack([grid, grid[-1:]])
    sums: Grid = padded[2:-1:4] + 2 * padded[3::4] + padded[4::4]
    return sums


def _quality(means: Grid) -> int:
    """How much the picture changes from point to point: whole per cents of difference, summed up; 9,000 are 100."""
    steps = [np.abs(np.diff(means, axis=axis)) * 100 // _WHITE for axis in (0, 1)]
    return min(100, int(sum(step.sum() for step in steps)) // 90)


def _make_cosines() -> Any:
    rows, columns = np.arange(1, 17)[:, None], np.arange(64)[None, :]
    cosines = np.sqrt(2 / 64) * np.cos(np.pi / 128 * rows * (2 * columns + 1))
    return np.rint(cosines * _SCALE).astype(np.int64)


_COSINES: Grid = _make_cosines()
