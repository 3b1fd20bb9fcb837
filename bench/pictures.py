"""What the moderator's look at a picture costs and finds: `python -m bench.pictures [--photos 40] [--only NAME …]`.

All pictures are drawn here, so recall is that of drawings with grain, not of press photos; times are CPU of one core.
"""

import argparse
import importlib
import io
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from services.moderator.bank import Bank
from services.moderator.limits import limit_process
from services.moderator.pdq import hash_picture
from services.moderator.pictures import FORMATS, encode_thumbnail, read_picture
from shared.errors import Unprocessable
from shared.likeness import BLOCKED_WITHIN, HELD_WITHIN, QUALITY_LEAST, BankEntry, distance
from shared.settings import Settings

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))  # what the tests draw and break
drawings = importlib.import_module("drawings")
bad_pictures = importlib.import_module("bad_pictures")

MAX_PIXELS = Settings().image_max_pixels
SIZES = ((640, 480), (1280, 960), (1920, 1440), (4000, 3000))
#: Just under the cap: the most that a picture may cost.
DEAREST = (7740, 5160)

Edit = Callable[[Image.Image], Image.Image]


def main() -> None:
    """Measure and print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    options = parser.parse_args()
    limit_process()
    for name in options.only:
        print(f"-- {name}")
        PARTS[name](options.photos)


def draw(seed: int, size: tuple[int, int] = (960, 640)) -> Image.Image:
    """A drawn photo with grain, as a camera's has it."""
    pixels = np.asarray(drawings.draw_photo(seed, size), dtype=np.int16)
    grain = np.random.default_rng(seed).normal(0, 6, pixels.shape[:2])[:, :, None].astype(np.int16)
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))


def look_at(content: bytes) -> bytes:
    """What the stage does with a picture once it is downloaded."""
    picture = read_picture(content, MAX_PIXELS)
    hash_picture(picture.rgb)
    return encode_thumbnail(picture.rgb)


def seconds_of(work: Callable[[], Any], least_s: float = 0.5) -> float:
    """CPU seconds of one call, the mean of as many as fill the time."""
    work()
    began_at, calls = time.process_time(), 0
    while time.process_time() - began_at < least_s:
        work()
        calls += 1
    return (time.process_time() - began_at) / calls


def measure_speed(photos: int) -> None:
    """CPU ms a picture by form and size, and pictures a second over a mix of up to 2 MP."""
    for form in FORMATS:
        cells = []
        for size in SIZES:
            content = drawings.encode(draw(1, size), form)
            cells.append(f"{seconds_of(partial(look_at, content)) * 1000:7.0f}")
        print(f"{form:5} ms at {' '.join(f'{width}x{height}' for width, height in SIZES)}: {''.join(cells)}")
    chance = random.Random(1)
    forms = [chance.choice(("JPEG", "JPEG", "JPEG", "WEBP", "PNG")) for _ in range(photos)]
    sizes = [chance.choice(((640, 427), (960, 640), (1280, 853), (1600, 1067))) for _ in range(photos)]
    mix = [drawings.encode(draw(at, size), form) for at, (form, size) in enumerate(zip(forms, sizes, strict=True))]
    began_at = time.process_time()
    copies = [look_at(content) for content in mix]
    took_s = time.process_time() - began_at
    megapixels = sum(width * height for width, height in sizes) / len(sizes) / 1e6
    print(f"{photos / took_s:.0f} pictures/s on one core (mean {megapixels:.2f} MP; three of five JPEG)")
    print(f"copies: {sum(map(len, copies)) / len(copies) / 1000:.0f} kB on the mean")
    rgb = read_picture(mix[0], MAX_PIXELS).rgb
    print(f"PDQ of a picture as shrunk: {seconds_of(lambda: hash_picture(rgb)) * 1000:.2f} ms")


def measure_bank(_photos: int) -> None:
    """Wall ms to look through so many blocked pictures."""
    chance = random.Random(1)
    for count in (1_000, 25_000, 1_000_000):
        bank = Bank([BankEntry(at, chance.randbytes(32)) for at in range(count)])
        wanted = chance.randbytes(32)
        print(f"{count:9,} entries: {seconds_of(partial(bank.match, wanted, 90)) * 1000:.2f} ms")


def measure_memory(_photos: int) -> None:
    """Peak memory and time over all bad inputs, and of the dearest good picture of each form."""
    before, peak, slowest = _in_child(_read_bad)
    print(f"all {len(bad_pictures.BAD)} bad inputs: {before} MB before, {peak} MB at the peak, slowest {slowest:.2f} s")
    for form in FORMATS:
        content = _in_child(_make_dearest, form)
        before, peak, took_s = _in_child(_read_dearest, content)
        print(f"{form:5} {DEAREST[0]}x{DEAREST[1]}: {before} MB before, {peak} MB at the peak, {took_s:.2f} s")


def _in_child(work: Callable[..., Any], *arguments: Any) -> Any:
    # by its importable name: this file may be running as another's __main__
    importable = getattr(importlib.import_module("bench.pictures"), work.__name__)
    with get_context("spawn").Pool(1, initializer=limit_process) as pool:
        return pool.apply(importable, arguments)


def _read_bad() -> tuple[int, int, float]:
    contents = [(bad.name, bad.make()) for bad in bad_pictures.BAD]
    before, slowest = _peak_mb(), 0.0
    for name, content in contents:
        began_at = time.process_time()
        try:
            read_picture(content, MAX_PIXELS)
            print(f"ACCEPTED: {name}")
        except Unprocessable:
            slowest = max(slowest, time.process_time() - began_at)
    return before, _peak_mb(), slowest


def _read_dearest(content: bytes) -> tuple[int, int, float]:
    before, began_at = _peak_mb(), time.process_time()
    look_at(content)
    return before, _peak_mb(), time.process_time() - began_at


def _make_dearest(form: str) -> bytes:
    """Every form in its dearest kind: transparent, or progressive."""
    mode = "RGBA" if form in ("PNG", "WEBP", "AVIF") else "RGB"
    image = Image.new(mode, DEAREST, "teal")
    image.paste(draw(1, (1200, 800)).convert(mode), (100, 100))
    options: dict[str, dict[str, Any]] = {"AVIF": {"speed": 10}, "WEBP": {"method": 0}, "JPEG": {"progressive": True}}
    content: bytes = drawings.encode(image, form, **options.get(form, {}))
    return content


def _peak_mb() -> int:
    """Of this process since it was started, which getrusage does not tell: there a child begins with its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024


def measure_recall(photos: int) -> None:
    """How many copies are blocked, and how many held or blocked, after each edit; and how near strangers come."""
    originals = [draw(seed) for seed in range(photos)]
    hashes = [hash_of(image) for image in originals]
    print(f"{sum(quality < QUALITY_LEAST for _, quality in hashes)} of {photos} photos are too flat for a hash")
    for name, edit in EDITS.items():
        apart = [distance(pdq, hash_of(edit(image))[0]) for image, (pdq, _) in zip(originals, hashes, strict=True)]
        blocked, held = (sum(bits <= most for bits in apart) / photos for most in (BLOCKED_WITHIN, HELD_WITHIN))
        print(f"{name:24} blocked {blocked:5.0%}  held or blocked {held:5.0%}")
    strangers = [distance(one[0], other[0]) for at, one in enumerate(hashes) for other in hashes[:at]]
    print(f"{len(strangers):,} pairs of different photos: nearest {min(strangers)} bits")
    cards = [hash_of(drawings.draw_card(seed)) for seed in range(photos)]
    pairs = [distance(one[0], other[0]) for at, one in enumerate(cards) for other in cards[:at]]
    for most in (BLOCKED_WITHIN, HELD_WITHIN):
        print(f"cards of one template within {most}: {sum(bits <= most for bits in pairs) / len(pairs):.0%} of pairs")


def hash_of(image: Image.Image) -> tuple[bytes, int]:
    """From bytes, as the stage does it."""
    return hash_picture(read_picture(drawings.encode(image, "JPEG", quality=90), MAX_PIXELS).rgb)


def _again(form: str, **options: Any) -> Edit:
    return lambda image: Image.open(io.BytesIO(drawings.encode(image, form, **options))).convert("RGB")


def _scale(share: float) -> Edit:
    return lambda image: image.resize((round(image.width * share), round(image.height * share)))


def _crop(left: float, top: float, right: float, bottom: float) -> Edit:
    return lambda image: image.crop(
        (
            round(image.width * left), round(image.height * top),
            round(image.width * (1 - right)), round(image.height * (1 - bottom)),
        )
    )  # fmt: skip


def _logo(image: Image.Image) -> Image.Image:
    marked = image.copy()
    ImageDraw.Draw(marked).rectangle((20, 20, 20 + image.width // 8, 20 + image.height // 12), fill="white")
    return marked


def _banner(image: Image.Image) -> Image.Image:
    marked = image.copy()
    ImageDraw.Draw(marked).rectangle((0, image.height * 7 // 8, image.width, image.height), fill="black")
    return marked


EDITS: dict[str, Edit] = {
    "JPEG 30": _again("JPEG", quality=30),
    "WebP 50": _again("WEBP", quality=50),
    "AVIF 40": _again("AVIF", quality=40),
    "half the size": _scale(0.5),
    "a quarter of the size": _scale(0.25),
    "an eighth of the size": _scale(0.125),
    "grey": ImageOps.grayscale,
    "logo in a corner": _logo,
    "banner over an eighth": _banner,
    "centre, 2 % cut": _crop(0.01, 0.01, 0.01, 0.01),
    "centre, 5 % cut": _crop(0.025, 0.025, 0.025, 0.025),
    "bottom, 5 % cut": _crop(0, 0, 0, 0.05),
    "mirrored": ImageOps.mirror,
    "border of 2 %": lambda image: ImageOps.expand(image, image.width // 50, "white"),
}

PARTS: dict[str, Callable[[int], None]] = {
    "speed": measure_speed,
    "bank": measure_bank,
    "memory": measure_memory,
    "recall": measure_recall,
}


if __name__ == "__main__":
    main()
