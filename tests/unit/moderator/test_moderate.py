"""The verdicts on an article's pictures, with fakes for the network, the blobs and the engines."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from bad_pictures import BAD
from drawings import draw_photo, encode, photo

from services.moderator.bank import Bank
from services.moderator.moderate import moderate
from services.moderator.pdq import PDQ_VERSION, hash_picture
from services.moderator.pictures import read_picture
from shared.contracts import ArticleImages, ImageRequest
from shared.errors import Postponed, Retryable, Unprocessable
from shared.likeness import BankEntry

EMPTY = Bank([])
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class FakeWeb:
    """Answers by address with bytes or an error; keeps what it was asked."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    def __call__(self, url, referer):
        self.asked.append((url, referer))
        if isinstance(self.answers[url], Exception):
            raise self.answers[url]
        return self.answers[url]


class FakeBlobs(dict):
    """Kept by content hash."""

    def put(self, content):
        key = hashlib.sha256(content).hexdigest()
        self[key] = content
        return key


class FakeEngine:
    """Says one number of every picture, and keeps what it saw."""

    def __init__(self, score=0.0, name="fake"):
        self.name, self.version, self.answer, self.seen = name, "1", score, []

    def score(self, rgb):
        self.seen.append(rgb)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def judge(answers, *, engines=(), bank=EMPTY, blobs=None, **options):
    """Moderate an article with these answers by address; the verdicts, in order."""
    article = ArticleImages(5, tuple(ImageRequest(url, "https://courrier.example/5") for url in answers))
    keep = (FakeBlobs() if blobs is None else blobs).put
    options = {"image_max_pixels": 40_000_000, **options}
    return moderate(article, FakeWeb(answers), keep, engines, bank, **options).verdicts


def test_a_sound_picture_is_visible_with_all_that_is_known_of_it():
    content, blobs = photo(2, size=(1280, 800)), FakeBlobs()
    [verdict] = judge({"u": content}, blobs=blobs)
    assert (verdict.url, verdict.state, verdict.reason) == ("u", "visible", "")
    assert verdict.content_hash == hashlib.sha256(content).hexdigest()
    assert (verdict.media_type, verdict.width, verdict.height) == ("image/jpeg", 1280, 800)
    assert (verdict.thumbnail_width, verdict.thumbnail_height) == (640, 400)
    assert read_picture(blobs[verdict.thumbnail_hash], 10**6).media_type == "image/webp"
    assert (len(verdict.pdq), verdict.pdq_version) == (32, PDQ_VERSION)
    assert verdict.pdq_quality >= 50


def test_the_page_is_named_to_the_host_of_its_pictures():
    web = FakeWeb({"u": photo()})
    article = ArticleImages(5, (ImageRequest("u", "https://courrier.example/5"),))
    moderate(article, web, FakeBlobs().put, (), Bank([]), image_max_pixels=10**7)
    assert web.asked == [("u", "https://courrier.example/5")]


def test_an_article_without_pictures_has_no_verdicts():
    assert judge({}) == ()


def test_no_bytes_make_it_raise_and_each_gets_a_reason():
    verdicts = judge({bad.name: bad.make() for bad in BAD})
    assert {(verdict.state, bool(verdict.reason)) for verdict in verdicts} == {("unavailable", True)}
    assert [verdict.url for verdict in verdicts] == [bad.name for bad in BAD]


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (Retryable("timeout"), "pending", "timeout"),
        (Retryable("server_error"), "pending", "server_error"),
        (Unprocessable("not_found"), "unavailable", "not_found"),
        (Unprocessable("private_address"), "unavailable", "private_address"),
        (Unprocessable("robots"), "unavailable", "robots"),
    ],
)
def test_what_the_network_says_becomes_the_verdict(error, state, reason):
    [verdict] = judge({"u": error})
    assert (verdict.state, verdict.reason, verdict.until) == (state, reason, None)


def test_a_busy_host_leaves_its_pictures_pending_and_loses_no_verdict():
    busy = Postponed("host_busy", NOON)
    verdicts = judge({"a": photo(1), "b": busy, "c": Unprocessable("not_found")})
    assert [verdict.state for verdict in verdicts] == ["visible", "pending", "unavailable"]
    assert (verdicts[1].reason, verdicts[1].until) == ("host_busy", NOON)


def test_if_nothing_could_be_asked_for_the_stage_is_postponed_to_the_first_turn():
    later = Postponed("host_busy", NOON + timedelta(seconds=5))
    with pytest.raises(Postponed) as postponed:
        judge({"a": later, "b": Postponed("host_busy", NOON)})
    assert (postponed.value.reason, postponed.value.until) == ("host_busy", NOON)


def test_when_time_is_out_the_rest_stays_pending_and_the_first_was_tried(monkeypatch):
    verdicts = judge({"a": photo(1), "b": photo(2), "c": photo(3)}, seconds=0)
    assert [(verdict.state, verdict.reason) for verdict in verdicts] == [
        ("visible", ""), ("pending", "out_of_time"), ("pending", "out_of_time"),
    ]  # fmt: skip
    assert all(verdict.until is not None for verdict in verdicts[1:])


def test_with_time_left_every_picture_is_looked_at():
    verdicts = judge({name: photo(at) for at, name in enumerate("abcdef")}, seconds=60)
    assert [verdict.state for verdict in verdicts] == ["visible"] * 6


@pytest.mark.parametrize(("score", "state"), [(0.0, "visible"), (0.59, "visible"), (0.6, "held"), (1.0, "held")])
def test_an_engine_holds_a_picture_and_never_blocks_it(score, state):
    [verdict] = judge({"u": photo()}, engines=[FakeEngine(0.1), FakeEngine(score, "other")])
    assert (verdict.state, verdict.reason) == (state, "engine" if state == "held" else "")
    assert (verdict.engine, verdict.engine_version) == ("fake,other", "1,1")
    assert verdict.score == max(0.1, score)


def test_an_engine_sees_the_decoded_picture_and_not_the_bytes():
    engine = FakeEngine()
    judge({"u": photo(size=(1280, 960))}, engines=[engine])
    assert engine.seen[0].shape == (480, 640, 3)


def test_a_picture_that_an_engine_fails_on_is_held_and_the_rest_goes_on():
    verdicts = judge({"a": photo(1), "b": b"no picture"}, engines=[FakeEngine(RuntimeError("model gone"))])
    assert [(verdict.state, verdict.reason) for verdict in verdicts] == [
        ("held", "engine_failed"), ("unavailable", "not_an_image"),
    ]  # fmt: skip


def bank_of(seed: int, image_id: int = 7) -> Bank:
    rgb = read_picture(photo(seed), 10**7).rgb
    return Bank([BankEntry(image_id, hash_picture(rgb)[0])], "v1")


def test_a_copy_of_a_blocked_picture_is_blocked_and_names_it():
    copy = encode(draw_photo(3).resize((240, 160)), "WEBP", quality=60)
    [verdict] = judge({"u": copy}, bank=bank_of(3))
    assert (verdict.state, verdict.reason, verdict.matched_id) == ("blocked", "like_blocked", 7)
    assert verdict.distance <= 10
    assert verdict.thumbnail_hash  # an operator has to see it


def test_an_unrelated_picture_is_not_touched_by_the_bank():
    [verdict] = judge({"u": photo(4)}, bank=bank_of(3))
    assert (verdict.state, verdict.matched_id) == ("visible", None)


def test_a_flat_picture_matches_no_flat_blocked_picture():
    flat = encode(draw_photo().resize((1, 1)).resize((300, 200)), "PNG")
    rgb = read_picture(flat, 10**7).rgb
    [verdict] = judge({"u": flat}, bank=Bank([BankEntry(7, hash_picture(rgb)[0])]))
    assert (verdict.state, verdict.pdq_quality) == ("visible", 0)


def test_the_version_of_the_bank_goes_with_the_verdicts():
    article = ArticleImages(5, (ImageRequest("u", ""),))
    moderated = moderate(article, FakeWeb({"u": photo()}), FakeBlobs().put, (), bank_of(3), image_max_pixels=10**7)
    assert (moderated.article_id, moderated.bank_version) == (5, "v1")


def test_a_full_disk_is_no_verdict_on_a_picture():
    class FullDisk(FakeBlobs):
        def put(self, content):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        judge({"u": photo()}, blobs=FullDisk())
