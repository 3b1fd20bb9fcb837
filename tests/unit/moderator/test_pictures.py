"""Safe decoding: what is refused and why, and what becomes of what is accepted."""

import contextlib
import io
import random
import subprocess
import sys
import zipfile

import bad_pictures
import numpy as np
import pytest
from bad_pictures import BAD, Bad, chunk
from drawings import draw_photo, encode, photo
from PIL import Image, ImageCms

from services.moderator import limits, pictures
from services.moderator.pictures import THUMBNAIL_BOX, encode_thumbnail, read_picture
from shared.errors import Unprocessable

MAX_PIXELS = 40_000_000
RED, BLUE, WHITE = (220, 20, 20), (20, 20, 220), (255, 255, 255)


def read(content: bytes, max_pixels: int = MAX_PIXELS):
    return read_picture(content, max_pixels)


def refusal(content: bytes, max_pixels: int = MAX_PIXELS) -> str:
    with pytest.raises(Unprocessable) as caught:
        read(content, max_pixels)
    return caught.value.reason


def is_near(pixel, colour, margin: int = 12) -> bool:
    return all(abs(int(one) - other) <= margin for one, other in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_bytes_that_are_no_sound_picture_are_refused_with_a_reason(bad: Bad):
    assert refusal(bad.make()) in bad.reasons


@pytest.mark.parametrize("form", bad_pictures.FORMS)
def test_no_cut_makes_half_a_picture(form):
    content = photo(form=form, size=(200, 150))
    for length in range(0, len(content) - 20, max(1, len(content) // 40)):
        refusal(content[:length])


@pytest.mark.parametrize("form", bad_pictures.FORMS)
def test_whatever_bytes_are_turned_over_nothing_but_a_refusal_comes_of_it(form):
    content, chance = photo(form=form, size=(120, 80)), random.Random(form)
    for _ in range(60):
        spoiled = bytearray(content)
        for _ in range(chance.randrange(1, 12)):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        with contextlib.suppress(Unprocessable):
            assert read(bytes(spoiled)).rgb.dtype == np.uint8


@pytest.mark.parametrize("form", bad_pictures.FORMS)
def test_a_picture_is_read_in_every_listed_form(form):
    picture = read(photo(3, form))
    assert picture.media_type == f"image/{form.lower()}"
    assert (picture.width, picture.height) == (480, 320)
    original = np.asarray(draw_photo(3), dtype=np.int16)
    assert np.abs(picture.rgb.astype(np.int16) - original).mean() < 8


def test_the_cap_on_pixels_is_the_setting_and_not_less():
    assert read(photo(size=(200, 100)), max_pixels=20_000).width == 200
    assert refusal(photo(size=(200, 100)), max_pixels=19_999) == "too_many_pixels"


def test_a_large_picture_is_shrunk_into_the_box_and_a_small_one_is_not_enlarged():
    large, tall, small = (read(photo(size=size)) for size in ((1600, 1200), (400, 4000), (90, 60)))
    assert large.rgb.shape[1::-1] == (640, 480)
    assert (large.width, large.height) == (1600, 1200)
    assert tall.rgb.shape[1::-1] == (96, THUMBNAIL_BOX[1])
    assert small.rgb.shape[1::-1] == (90, 60)


def test_a_shape_of_twenty_to_one_is_still_a_picture():
    assert read(photo(size=(800, 40))).width == 800
    assert refusal(photo(size=(801, 40))) == "odd_shape"


def test_a_small_picture_that_is_more_than_a_counter_is_kept():
    assert read(photo(size=(16, 16))).width == 16
    assert refusal(photo(form="PNG", size=(2, 2))) == "tracking_pixel"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (5, 5)), (2, (5, -5)), (3, (-5, -5)), (4, (-5, 5)), (5, (5, 5)), (6, (5, -5)), (7, (-5, -5)), (8, (-5, 5))],
)
def test_a_picture_is_turned_upright(form, orientation, corner):
    image = Image.new("RGB", (160, 80), BLUE)
    image.paste(RED, (0, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read(encode(image, form, exif=exif))
    assert (picture.width, picture.height) == ((160, 80) if orientation < 5 else (80, 160))
    assert picture.rgb.shape[1::-1] == (picture.width, picture.height)
    assert is_near(picture.rgb[corner], RED, 30)


def test_a_broken_orientation_is_no_reason_to_refuse_a_picture():
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0\0\0\0\0"  # orientation 99
    assert read(encode(draw_photo(), "JPEG", exif=exif)).width == 480
    assert read(encode(draw_photo(), "JPEG", exif=b"Exif\0\0garbage")).width == 480


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_neither_place_nor_profile_nor_comment_reaches_the_copy(form):
    exif = Image.Exif()
    exif[0x010E] = "secret description"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encode(draw_photo(), form, exif=exif, icc_profile=profile)
    assert b"secret" in content
    copy = Image.open(io.BytesIO(encode_thumbnail(read(content).rgb)))
    assert copy.format == "WEBP"
    assert not copy.getexif()
    assert {"icc_profile", "exif", "xmp", "comment"}.isdisjoint(copy.info)
    assert b"secret" not in encode_thumbnail(read(content).rgb)


@pytest.mark.parametrize("tail", [b"<script>alert('tail')</script>", None], ids=["a script", "a ZIP archive"])
def test_what_hangs_on_behind_a_picture_is_gone_from_the_copy(tail):
    if tail is None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            files.writestr("tail.txt", "tail")
        tail = archive.getvalue()
    copy = encode_thumbnail(read(photo() + tail).rgb)
    assert b"tail" not in copy
    assert not zipfile.is_zipfile(io.BytesIO(copy))


def test_a_picture_for_print_is_made_rgb():
    picture = read(encode(draw_photo(5).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(picture.rgb.astype(int) - np.asarray(draw_photo(5)).astype(int)).mean() < 12


def test_sixteen_bits_of_grey_become_the_upper_eight():
    steps = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (64, 1))
    picture = read(encode(Image.fromarray(steps), "PNG"))
    assert np.abs(picture.rgb[0, :, 0].astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_an_opaque_picture_of_any_mode_becomes_rgb(mode):
    image = Image.new("RGB", (100, 60), "black")
    image.paste("white", (50, 0, 100, 60))
    picture = read(encode(image.convert(mode), "PNG"))
    assert picture.rgb.shape == (60, 100, 3)
    assert is_near(picture.rgb[30, 10], (0, 0, 0))
    assert is_near(picture.rgb[30, 90], WHITE)


def transparent(mode: str) -> bytes:
    """Red on the left, nothing on the right."""
    image = Image.new("RGBA", (100, 60), (*RED, 255))
    image.paste((0, 0, 0, 0), (50, 0, 100, 60))
    if mode == "P":
        palette = image.convert("RGB").quantize(4)
        return encode(palette, "PNG", transparency=palette.getpixel((90, 30)))
    if mode == "RGB":
        return encode(image.convert("RGB"), "PNG", transparency=(0, 0, 0))
    return encode(image.convert(mode), "PNG")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_what_is_transparent_is_white(mode):
    picture = read(transparent(mode))
    assert is_near(picture.rgb[30, 90], WHITE)
    assert not is_near(picture.rgb[30, 10], WHITE)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_is_taken(form):
    frames = [Image.new("RGB", (120, 80), colour) for colour in (RED, BLUE, BLUE)]
    content = encode(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
    assert Image.open(io.BytesIO(content)).n_frames > 1
    assert is_near(read(content).rgb[40, 60], RED, 20)


def test_six_hundred_frames_cost_no_more_than_one():
    frames = [Image.new("P", (60, 40), number % 8) for number in range(600)]
    content = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert read(content).width == 60


def test_several_pictures_in_one_jpeg_count_as_the_first():
    content = encode(draw_photo(1), "MPO", save_all=True, append_images=[draw_photo(2)])
    assert read(content).media_type == "image/jpeg"
    assert np.abs(read(content).rgb.astype(int) - np.asarray(draw_photo(1)).astype(int)).mean() < 8


def test_a_picture_with_fifty_thousand_comments_is_read_without_them():
    comments = b"".join(chunk(b"tEXt", b"k%d\0secret" % number) for number in range(50_000))
    content = photo(form="PNG")
    assert read(content[:33] + comments + content[33:]).width == 480


def test_metadata_that_unfold_to_gigabytes_are_thrown_away():
    assert read(bad_pictures.exif_bomb()).width == 480


def test_a_progressive_picture_of_ten_scans_is_read():
    content = photo(progressive=True)
    assert 2 < content.count(b"\xff\xda") < pictures.SCANS_MOST
    assert read(content).width == 480


def test_the_same_bytes_make_the_same_copy():
    content = photo(7, size=(900, 600))
    assert encode_thumbnail(read(content).rgb) == encode_thumbnail(read(content).rgb)


def test_a_picture_that_takes_more_memory_than_its_share_is_refused_and_the_process_goes_on(tmp_path):
    (tmp_path / "large.png").write_bytes(photo(form="PNG", size=(3000, 3000)))
    # in a process of its own: this one may have enough to spare from what it did before
    program = """
import sys, pathlib
from services.moderator import limits, pictures
from shared.errors import Unprocessable
content = pathlib.Path(sys.argv[1]).read_bytes()
for most in (20 << 20, limits.MEMORY_MOST):
    limits.MEMORY_MOST = most
    try:
        print(pictures.read_picture(content, 40_000_000).width)
    except Unprocessable as refused:
        print(refused.reason)
"""
    answer = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "large.png"], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == ["too_much_memory", "3000"]


def test_a_picture_that_takes_more_time_than_its_share_is_refused(monkeypatch):
    head, _, rest = photo(form="GIF").partition(b"\x2c\0\0\0\0")
    content = head + b"\x21\xfe\x01x\0" * 400_000 + b"\x2c\0\0\0\0" + rest
    monkeypatch.setattr(limits, "CPU_MOST_S", 0.05)
    assert refusal(content) == "too_slow"
    monkeypatch.undo()
    assert read(content).width == 480
