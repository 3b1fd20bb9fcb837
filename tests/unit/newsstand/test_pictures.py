"""Pictures: drawn alike for one seed, unlike for another, in three formats and two sizes."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from services.newsstand.brushes import HEIGHT, WIDTH, Canvas
from services.newsstand.papers import PAPERS
from services.newsstand.pictures import Gallery, draw_emblem, draw_picture
from services.newsstand.press import EMBLEM_SIZE, MEDIA_TYPES, Picture
from services.newsstand.scenes import SCENES

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}


def opened(file: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(file))
    image.load()
    return image


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_every_scene_can_be_drawn_by_day_and_by_night_and_differs_by_its_seed(scene):
    drawn = set()
    for hour in ("day", "night"):
        canvas = Canvas(f"seed {hour}")
        canvas.hour = hour
        SCENES[scene](canvas)
        image = canvas.finish()
        assert image.size == (WIDTH, HEIGHT)
        assert len(image.getcolors(WIDTH * HEIGHT)) > 50
        drawn.add(image.resize((16, 9)).tobytes())
    assert len(drawn) == 2


@pytest.mark.parametrize("kind", sorted(MEDIA_TYPES))
def test_a_picture_is_what_its_name_says_and_the_same_every_time(kind):
    picture = Picture("harbour", "phare", kind, "Le Courrier")
    file = draw_picture(picture)
    assert opened(file).format == FORMATS[kind]
    assert draw_picture(picture) == file
    assert draw_picture(replace(picture, seed="quai")) != file


@pytest.mark.parametrize("kind", ["jpg", "webp"])
def test_a_picture_carries_metadata_that_copies_have_to_lose(kind):
    assert "Le Courrier" in opened(draw_picture(Picture("rain", "x", kind, "Le Courrier"))).getexif().values()


def test_a_thumbnail_is_the_same_picture_smaller():
    whole = opened(draw_picture(Picture("dunes", "x", "png", ""))).convert("RGB")
    small = opened(draw_picture(Picture("dunes", "x", "png", "", width=320))).convert("RGB")
    assert small.size == (320, 180)
    pairs = zip(whole.resize((4, 4)).tobytes(), small.resize((4, 4)).tobytes(), strict=True)
    assert all(abs(one - other) < 20 for one, other in pairs)


def test_every_paper_has_an_emblem_of_its_own():
    emblems = {draw_emblem(paper) for paper in PAPERS}
    assert len(emblems) == len(PAPERS)
    assert {opened(file).size for file in emblems} == {(EMBLEM_SIZE, EMBLEM_SIZE)}


def test_a_gallery_draws_once_and_forgets_what_was_used_longest_ago(monkeypatch):
    drawn = []

    def draw(picture: Picture) -> bytes:
        drawn.append(picture.seed)
        return picture.seed.encode()

    monkeypatch.setattr("services.newsstand.pictures.draw_picture", draw)
    gallery = Gallery(kept=2)
    for seed in ("a", "b", "a", "c", "a", "b"):
        assert gallery.picture(Picture("rain", seed, "png", "")) == seed.encode()
    assert drawn == ["a", "b", "c", "b"]
