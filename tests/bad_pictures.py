"""Bytes that no picture is to be made of: empty, disguised, oversized, cut, broken, and bombs of several kinds."""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from drawings import draw_photo, encode, photo

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
FORMS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")


@dataclass(frozen=True)
class Bad:
    """One bad input, and the reasons that may be given for refusing it."""

    name: str
    make: Callable[[], bytes]
    reasons: tuple[str, ...]


def png(width: int, height: int, *, bits: int = 8, colour: int = 2, extra: bytes = b"", spoil: bool = False) -> bytes:
    """A PNG that claims a size and has a few rows of it."""
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    rows = zlib.compress(b"\0" * 10_000)
    return PNG_HEAD + chunk(b"IHDR", head, spoil=spoil) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes, *, spoil: bool = False) -> bytes:
    """A chunk of a PNG, its checksum wrong if wished."""
    check = zlib.crc32(kind + content) ^ (1 if spoil else 0)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def resize_jpeg(width: int, height: int) -> bytes:
    """A small JPEG whose header claims another size."""
    content = bytearray(photo())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(content)


def resize_webp(width: int, height: int) -> bytes:
    """A small WebP whose header claims another size."""
    content = bytearray(photo(form="WEBP"))
    at = content.index(b"\x9d\x01\x2a") + 3
    content[at : at + 4] = struct.pack("<HH", width, height)
    return bytes(content)


def resize_avif(width: int, height: int) -> bytes:
    """A small AVIF whose header claims another size."""
    content = bytearray(photo(form="AVIF"))
    at = content.index(b"ispe") + 8
    content[at : at + 8] = struct.pack(">II", width, height)
    return bytes(content)


def add_scans(count: int, size: tuple[int, int] = (480, 320)) -> bytes:
    """A progressive JPEG with its last scan over and over."""
    content = photo(size=size, progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * count + content[-2:]


def spoil_middle(content: bytes) -> bytes:
    """A tenth of the bytes, in the middle, turned over."""
    start, end = len(content) * 45 // 100, len(content) * 55 // 100
    return content[:start] + bytes(byte ^ 0xFF for byte in content[start:end]) + content[end:]


def spoil_checksum() -> bytes:
    """A PNG whose pixels can be decoded, though their checksum is another's."""
    content = bytearray(photo(form="PNG"))
    content[-13] ^= 1  # the last byte before the twelve of IEND
    return bytes(content)


def gif_of_comments(count: int, block: bytes = b"\x01x") -> bytes:
    """A GIF of one pixel block behind one comment of many small blocks."""
    content = photo(form="GIF", size=(64, 64))
    colours = 3 * 2 ** ((content[10] & 7) + 1)
    head, rest = content[: 13 + colours], content[13 + colours :]
    return head + b"\x21\xfe" + block * count + b"\0" + rest


def exif_bomb(tags: int = 4000, share: int = 2_000_000) -> bytes:
    """A PNG whose EXIF tags all name the same two megabytes as their value: eight gigabytes, if they are copied."""
    entries = b"".join(struct.pack("<HHII", 0x1000 + tag, 7, share, 8) for tag in range(tags))
    exif = b"II*\0" + struct.pack("<I", 8 + share) + b"\0" * share + struct.pack("<H", tags) + entries + b"\0" * 4
    content = photo(form="PNG")
    return content[:33] + chunk(b"eXIf", exif) + content[33:]


def _svg(inside: str, attributes: str = "") -> bytes:
    return f'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><svg xmlns="http://www.w3.org/2000/svg"><text>&c;</text></svg>"""
_EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
<svg xmlns="http://www.w3.org/2000/svg"><text>&e;</text></svg>"""
_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\n(x) run\n%%EOF\n"
_GIF_SCREEN = b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b"
_TRACKING = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b"

_NOT, _MANY, _ODD = ("not_an_image",), ("too_many_pixels",), ("odd_shape",)
_CUT = ("truncated", "broken", "not_an_image")

BAD = (
    Bad("empty", lambda: b"", _NOT),
    Bad("one byte", lambda: b"\xff", _NOT),
    Bad("an HTML error page", lambda: b"<!doctype html><title>404</title>", _NOT),
    Bad("an SVG with a script", lambda: _svg("<script>alert(1)</script>"), _NOT),
    Bad("an SVG without a declaration", lambda: b"<svg onload='alert(1)'/>", _NOT),
    Bad("an SVG with an external entity", lambda: _EXTERNAL, _NOT),
    Bad("an SVG of a billion laughs", lambda: _LAUGHS, _NOT),
    Bad("an SVG of 100,000 pixels", lambda: _svg("", 'width="100000" height="100000"'), _NOT),
    Bad("an EPS", lambda: _EPS, _NOT),
    Bad("a PDF", lambda: b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF", _NOT),
    Bad("a HEIC header", lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200, _NOT),
    Bad("a mif1 header", lambda: b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + b"\0" * 200, (*_NOT, "broken")),
    Bad("a JPEG XL header", lambda: b"\xff\x0a\xfa\x7f\x01\x90" + b"\0" * 200, _NOT),
    *(
        Bad(f"a {form}", lambda form=form: encode(draw_photo(size=(64, 64)), form), _NOT)
        for form in ("TIFF", "BMP", "ICO", "JPEG2000", "TGA", "PPM")
    ),
    Bad("a PNG of 900 MP in bits", lambda: png(30_000, 30_000, bits=1, colour=0), _MANY),
    Bad("a PNG of 169 MP", lambda: png(13_000, 13_000), _MANY),
    Bad("a PNG of 81 MP, under Pillow's own limit", lambda: png(9_000, 9_000), _MANY),
    Bad("a JPEG header of 4,295 MP", lambda: resize_jpeg(65_535, 65_535), _MANY),
    Bad("a JPEG header of 144 MP", lambda: resize_jpeg(12_000, 12_000), _MANY),
    Bad("a WebP of 164 MP", lambda: resize_webp(16_383, 10_000), _MANY),
    Bad("an AVIF of 144 MP", lambda: resize_avif(12_000, 12_000), _MANY),
    Bad("a GIF screen of 4,295 MP", lambda: _GIF_SCREEN, _MANY),
    Bad("a PNG 2^31 wide with a bad checksum", lambda: png(2**31, 1, spoil=True), (*_NOT, *_MANY, *_ODD, "broken")),
    Bad("a PNG of 1 x 60,000", lambda: png(1, 60_000), _ODD),
    Bad("a PNG of 60,000 x 1", lambda: png(60_000, 1), _ODD),
    Bad("a zTXt bomb", lambda: _text_bomb(b"zTXt", b"Comment\0\0"), ("broken",)),
    Bad("an iCCP bomb", lambda: _text_bomb(b"iCCP", b"icc\0\0"), ("broken",)),
    Bad("a JPEG of 2,000 scans", lambda: add_scans(2000), ("too_many_scans",)),
    Bad("a JPEG broken in its middle", lambda: spoil_middle(photo(form="JPEG", size=(1280, 960))), ("broken",)),
    Bad("a PNG with a bad checksum in its pixels", spoil_checksum, ("broken",)),
    Bad("a PNG of 800,000 chunks", lambda: png(480, 320, extra=chunk(b"prVt", b"") * 800_000), ("too_many_chunks",)),
    Bad("a PNG without an end", lambda: photo(form="PNG")[:-12], ("truncated",)),
    Bad("a tracking pixel", lambda: _TRACKING, ("tracking_pixel",)),
    *(
        Bad(f"a {form} cut at {per_cent} %", lambda form=form, per_cent=per_cent: _cut(form, per_cent), _CUT)
        for form in FORMS
        for per_cent in (10, 50, 99)
    ),
)


def _text_bomb(kind: bytes, head: bytes) -> bytes:
    return png(480, 320, extra=chunk(kind, head + zlib.compress(b"\0" * 20_000_000, 1)))


def _cut(form: str, per_cent: int) -> bytes:
    content = photo(form=form)
    return content[: len(content) * per_cent // 100]


def every_bad() -> Iterator[tuple[str, bytes]]:
    """Names and bytes, one after another."""
    for bad in BAD:
        yield bad.name, bad.make()
