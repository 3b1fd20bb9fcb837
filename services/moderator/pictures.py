"""Strangers' bytes made into a picture of our own: listed decoders, caps before decoding, nothing kept but pixels."""

import io
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# imported for their effect: Image.open would import every plugin there is to find two of these
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from services.moderator.limits import limited_decoding
from shared.errors import Unprocessable

_PLUGINS = (AvifImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # not one for each core: a worker is one core's, and scaled by processes
#: The decoders that are let at strangers' bytes, whatever a name or header claims (reference: moderation.md 5, rule 1).
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
_MEDIA_TYPES = {name: f"image/{name.lower()}" for name in FORMATS} | {"MPO": "image/jpeg"}  # several JPEGs in one file
#: A panorama has 4; what is longer is a rule, a banner, or an attack on whoever squares it (rule 3).
ASPECT_MOST = 20
#: Pixels a side: what small pictures pages have in them count their readers, and show nothing.
TRACKING_SIDE = 2
#: libjpeg takes 37 ms for each scan of 40 MP, and 10 MB have room for 100,000 empty ones. Encoders make 10; a preview
#: or two inside the file have theirs.
SCANS_MOST = 64
#: Pillow takes 5 us for each, and 10 MB have room for 800,000. Encoders make a chunk for 8 kB, and some texts.
CHUNKS_MOST = 60_000
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
#: What readers are shown. 640: an article's column on a wide screen, and 1.6 times a phone's; about 40 kB, so 2 GB for
#: 50,000 articles a day. The height is for tall graphics.
THUMBNAIL_BOX = (640, 960)
THUMBNAIL_QUALITY = 75
#: The encoder's effort: 4, its default, takes 2.5 times the CPU (21 to 28 ms a copy, 8 to 11) for 3 to 7 % fewer bytes.
THUMBNAIL_EFFORT = 2

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's first frame, upright, in 8-bit RGB, within THUMBNAIL_BOX; width and height are the original's."""

    media_type: str
    width: int
    height: int
    rgb: Pixels


def read_picture(content: bytes, max_pixels: int) -> Picture:
    """Decode a downloaded picture; Unprocessable, with a reason, for any bytes that are not a whole, sound one."""
    with limited_decoding(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata, which is thrown away
        try:
            with _open(content, max_pixels) as image:
                return _decode(image)
        except Unprocessable:
            raise
        except MemoryError as error:
            raise Unprocessable("too_much_memory", "decoding takes more memory than a picture may have") from error
        except Exception as error:
            raise _name_failure(error) from error


def encode_thumbnail(rgb: Pixels) -> bytes:
    """A picture as readers get it: WebP, without metadata."""
    kept = io.BytesIO()
    # from the bare pixels: Pillow carries a colour profile along with an image
    Image.fromarray(rgb).save(kept, "WEBP", quality=THUMBNAIL_QUALITY, method=THUMBNAIL_EFFORT)
    return kept.getvalue()


def _open(content: bytes, max_pixels: int) -> Image.Image:
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > SCANS_MOST:
        raise Unprocessable("too_many_scans", f"a JPEG of more than {SCANS_MOST} scans")
    if content.startswith(PNG_HEAD):
        _check_chunks(memoryview(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        _check_size(_read_webp_size(content), max_pixels)  # opening it takes the memory of two whole frames
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise Unprocessable("not_an_image", f"none of {', '.join(FORMATS)}") from error
    except Image.DecompressionBombError as error:  # Pillow's own limit, which comes before ours
        raise Unprocessable("too_many_pixels", str(error)) from error
    _check_size(image.size, max_pixels)
    return image


def _check_chunks(content: memoryview) -> None:
    """A PNG's parts: not too many, whole to the last, and with the right checksums, which Pillow takes on trust."""
    at = len(PNG_HEAD)
    for _ in range(CHUNKS_MOST):
        end = at + 8 + int.from_bytes(content[at : at + 4])
        if end + 4 > len(content):
            raise Unprocessable("truncated", "a PNG that ends early")
        if zlib.crc32(content[at + 4 : end]) != int.from_bytes(content[end : end + 4]):
            raise Unprocessable("broken", f"a PNG with a wrong checksum {end} bytes in")
        if bytes(content[at + 4 : at + 8]) == b"IEND":
            return
        at = end + 4
    raise Unprocessable("too_many_chunks", f"a PNG of more than {CHUNKS_MOST:,} chunks")


def _read_webp_size(content: bytes) -> tuple[int, int]:
    """Width and height by the header of the first chunk, 0 where it does not say."""
    head = content[12:30].ljust(18, b"\0")
    if head[:4] == b"VP8X":  # extended: 24 bits each, less one
        return 1 + int.from_bytes(head[12:15], "little"), 1 + int.from_bytes(head[15:18], "little")
    if head[:4] == b"VP8L":  # lossless: 14 bits each, less one
        bits = int.from_bytes(head[9:13], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[14:16], "little") & 0x3FFF, int.from_bytes(head[16:18], "little") & 0x3FFF


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    """Before decoding: a kilobyte may hold 144 million pixels."""
    width, height = size
    if not min(size):
        return  # its decoder will say what is wrong
    if width * height > max_pixels:
        raise Unprocessable("too_many_pixels", f"{width} x {height} pixels are more than {max_pixels:,}")
    if max(size) <= TRACKING_SIDE:
        raise Unprocessable("tracking_pixel", f"{width} x {height} pixels show nothing")
    if max(size) > ASPECT_MOST * min(size):
        raise Unprocessable("odd_shape", f"{width} x {height} pixels: one side is over {ASPECT_MOST} times the other")


def _decode(image: Image.Image) -> Picture:
    media_type, size = _MEDIA_TYPES[image.format or ""], image.size
    if media_type != "image/jpeg":
        image.load()  # before asking for EXIF: in a PNG it may stand behind the pixels, and would load them in passing
    orientation = _read_orientation(image)
    is_sideways = orientation >= 5
    fitted = _fit(size, THUMBNAIL_BOX[::-1] if is_sideways else THUMBNAIL_BOX)
    # JPEG only: decodes at 1/2, 1/4 or 1/8, no smaller than this, but still to the end; 38 dB or more from the whole
    image.draft(None, fitted)
    image.load()
    upright = _shrink(image, fitted)
    if orientation in _TURNS:
        upright = upright.transpose(_TURNS[orientation])
    width, height = size[::-1] if is_sideways else size
    return Picture(media_type, width, height, np.array(upright))


def _read_orientation(image: Image.Image) -> int:
    """1 to 8 as EXIF has it; 1 if its metadata are broken, which is no fault of the pixels."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except (Unprocessable, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - Pillow raises a dozen kinds at broken metadata
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _fit(size: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
    """The size within the box; nothing is enlarged."""
    scale = min(1.0, box[0] / size[0], box[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrink(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """8-bit RGB of this size, white where the picture is transparent."""
    # shrunk before it is made RGB, where it can be: a copy of 40 MP takes 160 MB
    small = _as_shrinkable(image).resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    if small.mode == "RGBA":
        small = Image.alpha_composite(Image.new("RGBA", size, "white"), small)
    return small.convert("RGB")


def _as_shrinkable(image: Image.Image) -> Image.Image:
    """The same in a mode whose values can be averaged."""
    if image.mode.startswith("I"):  # 16-bit grey, which convert() would cut off at 255
        return Image.fromarray((np.asarray(image).clip(0, 0xFFFF) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode in ("1", "P"):
        return image.convert("RGB" if image.mode == "P" else "L")
    return image


def _name_failure(error: Exception) -> Unprocessable:
    """Decoders raise what they like at broken bytes: OSError, SyntaxError, struct.error, EOFError, ValueError."""
    reason = "truncated" if "truncated" in str(error).lower() else "broken"
    return Unprocessable(reason, f"{type(error).__name__}: {error}"[:300])
