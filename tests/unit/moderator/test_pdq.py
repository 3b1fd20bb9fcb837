"""The perceptual hash, against the reference implementation's own results."""

import io

import numpy as np
import pytest
from drawings import draw_card, draw_photo, encode
from PIL import Image, ImageOps

from services.moderator.pdq import hash_picture
from services.moderator.pictures import read_picture
from shared.likeness import BLOCKED_WITHIN, HELD_WITHIN, QUALITY_LEAST, distance

# seed, divisor, and what pdqhash 0.2.8 (Meta's C++ code) makes of the pattern: hash and quality
KNOWN = [
    (1, 1, "583e07f6f82805523ab50549f8b3a547fa9f57f040046563fa9467fd7a8a156a", 100),
    (2, 1, "80fa7f5ae894362da4c92b33ea635687847fffc0aa012b96a82457abd45255d6", 100),
    (5, 1, "b649cc993331ce7338e343879e0f40fe9ffee4000562fadc91b0b567825caad8", 100),
    (6, 1, "cd993331c6231ce3e1c78f07781e81fe7ffec8a03a46949a2d60eac7549ad498", 100),
    (2, 6, "80fa7f5ae894362da4c92b33ea635687847fffc0aa012b96a82457abd45255d6", 60),
    (3, 12, "0bd5fea5296958d93733ac635987943fa0fe7fa801536aa450e8d6d3b0a496a4", 21),
    (4, 40, "0d2dfa491c996333ce73b1c7470fd07e8ffefa0026a13d4ea8906aa7416c5b68", 3),
]


def pattern(seed: int, divisor: int) -> np.ndarray:
    """256 x 256 x 3 in whole numbers, the same on every machine."""
    y, x = np.mgrid[0:256, 0:256].astype(np.int64)
    layers = [
        (x * x * seed + y * y * 3) >> 9,
        (x * y * (seed + 2) + y * 900) >> 8,
        ((x - 128) ** 2 + (y - 40 * seed) ** 2) >> 6,
    ]
    bright = np.stack([layer & 0xFF for layer in layers], axis=-1) // divisor
    return (bright + (60 if divisor > 1 else 0)).astype(np.uint8)


def hash_of(image: Image.Image) -> tuple[bytes, int]:
    return hash_picture(np.asarray(image.convert("RGB")))


def apart(one: Image.Image, other: Image.Image) -> int:
    return distance(hash_of(one)[0], hash_of(other)[0])


@pytest.mark.parametrize(("seed", "divisor", "expected", "quality"), KNOWN)
def test_the_hash_is_that_of_the_reference(seed, divisor, expected, quality):
    made, made_quality = hash_picture(pattern(seed, divisor))
    assert distance(made, bytes.fromhex(expected)) <= 2  # the reference rounds floats
    assert made_quality == quality


def test_half_of_the_bits_are_set_whatever_the_picture():
    assert {int.from_bytes(hash_of(draw_photo(seed))[0]).bit_count() for seed in range(8)} == {128}


def test_one_colour_has_no_quality():
    assert hash_of(Image.new("RGB", (300, 200), (200, 30, 60)))[1] == 0


def test_a_photo_has_a_quality_that_is_believed():
    assert all(hash_of(draw_photo(seed))[1] >= QUALITY_LEAST for seed in range(20))


@pytest.mark.parametrize(
    "edit",
    [
        lambda image: Image.open(_reopen(image, "JPEG", quality=30)),
        lambda image: Image.open(_reopen(image, "WEBP", quality=50)),
        lambda image: image.resize((image.width // 2, image.height // 2)),
        lambda image: image.resize((image.width // 4, image.height // 4)),
        ImageOps.grayscale,
    ],
    ids=["JPEG 30", "WebP 50", "half the size", "a quarter of the size", "grey"],
)
def test_a_copy_is_near_enough_to_be_blocked(edit):
    near = sum(apart(draw_photo(seed), edit(draw_photo(seed))) <= BLOCKED_WITHIN for seed in range(20))
    assert near >= 19


def test_different_photos_are_not_held_for_each_other():
    hashes = [hash_of(draw_photo(seed))[0] for seed in range(40)]
    pairs = [distance(one, other) for at, one in enumerate(hashes) for other in hashes[:at]]
    assert min(pairs) > HELD_WITHIN


def test_cards_of_one_template_are_near_which_is_why_only_copies_are_blocked():
    hashes = [hash_of(draw_card(seed))[0] for seed in range(12)]
    pairs = [distance(one, other) for at, one in enumerate(hashes) for other in hashes[:at] if one != other]
    assert min(pairs) <= HELD_WITHIN


def test_the_whole_way_from_bytes_gives_near_hashes_for_one_picture_in_five_forms():
    photo = draw_photo(4, (1000, 700))
    forms = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
    hashes = [hash_picture(read_picture(encode(photo, form), 40_000_000).rgb)[0] for form in forms]
    assert max(distance(hashes[1], other) for other in hashes) <= BLOCKED_WITHIN


def _reopen(image: Image.Image, form: str, **options):
    return io.BytesIO(encode(image, form, **options))
