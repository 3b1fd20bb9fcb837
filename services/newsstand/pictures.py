"""Pictures drawn when first asked for: scenes in three formats and two sizes, and each paper's emblem."""

import contextlib
import ctypes
import io
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from PIL import ExifTags, Image

from services.newsstand.brushes import Canvas, mix
from services.newsstand.press import EMBLEM_SIZE, Picture
from services.newsstand.scenes import SCENES

#: The whole press's pictures, both sizes; about 10 MB.
KEPT = 96

# One thread for all: each thread of the server that draws would keep an arena of 20 MB for itself.
_PENCIL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pencil")
_EMBLEMS = {
    "courrier-du-littoral": ("#12355b", "#f4f1ea"),
    "sahifat-al-atlas": ("#9c1f2e", "#f6e7c8"),
    "el-faro-del-estrecho": ("#f2b705", "#1b1b1b"),
    "maghreb-ledger": ("#1e4d3b", "#f7e9d9"),
}


def draw_picture(picture: Picture) -> bytes:
    """The picture's file: the same bytes for the same picture."""
    canvas = Canvas(picture.seed)
    SCENES[picture.scene](canvas)
    image = canvas.finish()
    if canvas.dice.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if picture.width:
        image = image.resize(
            (picture.width, round(image.height * picture.width / image.width)), Image.Resampling.LANCZOS
        )
    return _encode(image, picture.kind, picture.credit)


def draw_emblem(paper: str) -> bytes:
    """A paper's emblem as a square PNG: its icon and its feed's picture."""
    ground, ink = _EMBLEMS[paper]
    canvas = Canvas(paper)
    canvas.slab(0, 0, 675, 675, ground)
    if paper == "el-faro-del-estrecho":  # a lighthouse
        canvas.polygon([(270, 560), (300, 220), (375, 220), (405, 560)], ink)
        canvas.slab(285, 150, 390, 205, ink)
        canvas.polygon([(390, 160), (640, 90), (640, 260), (390, 195)], mix(ground, "#ffffff", 0.6))
    elif paper == "sahifat-al-atlas":  # a ridge
        canvas.polygon([(60, 540), (250, 190), (360, 380), (430, 280), (615, 540)], ink)
    elif paper == "courrier-du-littoral":  # waves
        for y in (220, 340, 460):
            canvas.line([(x, y + (40 if x // 90 % 2 else 0)) for x in range(70, 650, 90)], ink, 44)
    else:  # a column and a rule
        for x in (150, 280, 410):
            canvas.slab(x, 200 + (410 - x), x + 90, 540, ink)
        canvas.slab(110, 560, 565, 590, ink)
    image = canvas.finish().crop((0, 0, 675, 675)).resize((EMBLEM_SIZE, EMBLEM_SIZE), Image.Resampling.LANCZOS)
    return _encode(image, "png", "")


class Gallery:
    """Files that have been drawn, the last used kept. For threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._files: OrderedDict[object, bytes] = OrderedDict()
        self._kept = kept
        self._lock = Lock()  # held while drawing: two that ask for one picture wait for one drawing

    def picture(self, picture: Picture) -> bytes:
        """A picture's file."""
        return self._get(picture, lambda: draw_picture(picture))

    def emblem(self, paper: str) -> bytes:
        """A paper's emblem."""
        return self._get(paper, lambda: draw_emblem(paper))

    def _get(self, key: object, draw: Callable[[], bytes]) -> bytes:
        with self._lock:
            if key not in self._files:
                self._files[key] = _PENCIL.submit(_draw_and_tidy, draw).result()
                if len(self._files) > self._kept:
                    self._files.popitem(last=False)
            self._files.move_to_end(key)
            return self._files[key]


def _draw_and_tidy(draw: Callable[[], bytes]) -> bytes:
    file = draw()
    # glibc keeps some 30 MB of a canvas that is freed; other C libraries have no such call
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    return file


def _encode(image: Image.Image, kind: str, credit: str) -> bytes:
    """A file with the metadata that papers leave in theirs: whoever shows copies has to take it out."""
    file = io.BytesIO()
    if kind == "png":
        # 256 colours: flat drawings lose nothing, and the file is a third
        image.quantize(256).save(file, "PNG", optimize=False)
        return file.getvalue()
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = credit
    exif[ExifTags.Base.Copyright] = credit
    if kind == "jpg":
        image.save(file, "JPEG", quality=86, progressive=True, exif=exif)
    else:
        image.save(file, "WEBP", quality=84, method=2, exif=exif)
    return file.getvalue()
