"""How two readings of trafilatura's become one, and what is trimmed of it; trafilatura itself is a fake here."""

import pytest
from own_pages import fetched

from services.parser import body
from services.parser.blocks import Blocks
from services.parser.body import read_lines
from services.parser.page import read_page
from services.parser.trims import trim

TEXT = [f"Paragraphe {name} : " + "les tisserands d'Azrou racontent leur métier. " * 2 for name in "abcdefgh"]
TEXT = [text.strip() for text in TEXT]


def page_of(inner: str):
    root = read_page(fetched(f"<html><body>{inner}</body></html>")).root
    return root, Blocks(root)


def paragraphs(texts) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


@pytest.fixture
def read_as(monkeypatch):
    """Says what trafilatura finds: cautiously, and by default (None: it must not be asked)."""

    def fake(cautious, default):
        def extract(root, *, favor_precision=False, fast=False):
            found = cautious if favor_precision else default
            assert found is not None, "the slow reading was not needed"
            return list(found)

        monkeypatch.setattr(body, "_extract", extract)

    return fake


def test_the_slow_reading_is_spared_where_the_cautious_one_has_nearly_all(read_as):
    read_as(TEXT, None)
    assert read_lines(*page_of(paragraphs(TEXT))) == TEXT


def test_a_cautious_reading_that_lost_the_article_gives_way(read_as):
    read_as(TEXT[:1], TEXT)
    assert read_lines(*page_of(paragraphs(TEXT))) == TEXT


def test_lines_beside_cautious_ones_come_back_and_others_stay_out(read_as):
    read_as(TEXT[:4], [*TEXT[:5], TEXT[7]])
    elsewhere = f"<section><div><div><div>{paragraphs(TEXT[5:])}</div></div></div></section>"
    inner = f"<main><div class='a'>{paragraphs(TEXT[:5])}</div></main>{elsewhere}"
    assert read_lines(*page_of(inner)) == TEXT[:5]


def test_a_default_reading_that_has_less_takes_nothing_away(read_as):
    read_as(TEXT[:2], TEXT[4:5])
    inner = f"<div>{paragraphs(TEXT[:2])}</div><section><div><div>{paragraphs(TEXT[4:])}</div></div></section>"
    assert read_lines(*page_of(inner))[:2] == TEXT[:2]


def test_paragraphs_made_alike_in_later_containers_are_the_articles(read_as):
    read_as(TEXT[:3], TEXT[:3])
    chunks = "".join(f"<div class='chunk'>{paragraphs(part)}</div>" for part in (TEXT[:3], TEXT[3:5], TEXT[5:6]))
    teaser = f"<div class='more'>{paragraphs(TEXT[6:7])}</div><div class='chunk related'>{paragraphs(TEXT[7:])}</div>"
    assert read_lines(*page_of(f"<div class='story'>{chunks}</div>{teaser}")) == TEXT[:6]


def test_two_alike_are_too_few_to_tell(read_as):
    read_as(TEXT[:2], TEXT[:2])
    chunks = "".join(f"<div class='chunk'>{paragraphs(part)}</div>" for part in (TEXT[:2], TEXT[2:]))
    assert read_lines(*page_of(chunks)) == TEXT[:2]


def test_links_at_the_end_are_trimmed_and_one_in_the_middle_stays():
    linked = [f"<p><a href='/{at}'>{text}</a></p>" for at, text in enumerate(TEXT)]
    inner = f"{linked[0]}<p>{TEXT[1]}</p>{linked[2]}{linked[3]}"
    assert trim(TEXT[:4], page_of(inner)[1], "", "", ()) == TEXT[:2]


def test_what_a_heading_announces_goes_with_it():
    linked = "".join(f"<p><a href='/{at}'>{text}</a></p>" for at, text in enumerate(TEXT[1:3]))
    inner = f"<p>{TEXT[0]}</p><h3>Lire aussi :</h3>{linked}<p>{TEXT[3]}</p>"
    assert trim([TEXT[0], "Lire aussi :", *TEXT[1:4]], page_of(inner)[1], "", "", ()) == [TEXT[0], TEXT[3]]


def test_pieces_of_one_block_are_put_together_as_the_page_has_them():
    inner = f"<p>AZROU : <a href='/t'>Les tisserands</a>, dit-on, ont la main sûre.</p><p>{TEXT[0]}</p>"
    pieces = ["AZROU :", "Les tisserands", ", dit-on, ont la main sûre.", TEXT[0]]
    assert trim(pieces, page_of(inner)[1], "", "", ()) == ["AZROU : Les tisserands, dit-on, ont la main sûre.", TEXT[0]]


def test_short_lines_before_the_headline_go_with_it():
    assert trim(["Société", "Un titre connu", TEXT[0]], page_of("<p>x</p>")[1], "Un titre connu", "", ()) == [TEXT[0]]


def test_a_long_line_before_a_repeated_headline_stays():
    lines = [TEXT[0], "Un titre connu", TEXT[1]]
    assert trim(lines, page_of("<p>x</p>")[1], "Un titre connu", "", ()) == [TEXT[0], TEXT[1]]


def test_a_repeated_short_answer_stays():
    lines = ["- Oui.", TEXT[0], "- Oui.", TEXT[1]]
    assert trim(lines, page_of("<p>x</p>")[1], "", "", ()) == lines
