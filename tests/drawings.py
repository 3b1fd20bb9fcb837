"""Pictures for tests, drawn from a number: photo-like ones with soft forms and grain, and their encodings."""

import io
import random
from typing import Any

from PIL import Image, ImageDraw, ImageFilter


def draw_photo(seed: int = 1, size: tuple[int, int] = (480, 320)) -> Image.Image:
    """Forms of many sizes over a soft ground, the same for the same number."""
    chance = random.Random(seed)
    image = Image.new("RGB", size, _colour(chance))
    pen = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = chance.randrange(-40, size[0]), chance.randrange(-40, size[1])
        width, height = (chance.randrange(10, 40 + side // 2) for side in size)
        draw = chance.choice((pen.ellipse, pen.rectangle))
        draw((x, y, x + width, y + height), fill=_colour(chance))
    return image.filter(ImageFilter.GaussianBlur(1.5))


def draw_card(seed: int, size: tuple[int, int] = (480, 320)) -> Image.Image:
    """One template, another score: what a news site has by the hundred."""
    image = Image.new("RGB", size, (20, 60, 120))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, size[1] * 3 // 4, *size), fill=(240, 240, 240))
    chance = random.Random(seed)
    for side in (size[0] // 4, size[0] * 3 // 4):
        pen.ellipse((side - 50, 60, side + 50, 160), fill=_colour(chance))
        pen.text((side, size[1] * 3 // 4 + 20), str(chance.randrange(9)), fill="black", font_size=48)
    return image


def encode(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """A picture's bytes in one of Pillow's formats."""
    kept = io.BytesIO()
    image.save(kept, form, **options)
    return kept.getvalue()


def photo(seed: int = 1, form: str = "JPEG", size: tuple[int, int] = (480, 320), **options: Any) -> bytes:
    """The bytes of a drawn photo."""
    return encode(draw_photo(seed, size), form, **options)


def _colour(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)
