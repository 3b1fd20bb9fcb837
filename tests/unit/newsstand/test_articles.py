"""Articles as files: what is read, what is refused, what edits and variants make of them."""

import shutil
from datetime import date

import pytest

from services.newsstand.articles import (
    Aside,
    BadArticleError,
    Edit,
    edited,
    load_articles,
    make_variant,
    read_article,
)


def read(text: str, paper: str = "courrier-du-littoral", slug: str = "phare"):
    return read_article(text, paper, slug, where="phare.md")


def test_a_file_is_read_with_its_front_matter_and_its_paragraphs(phare_text):
    article = read(phare_text)
    assert article.headline == "Le phare d'El Hank rallumé : coût < devis & délais tenus"
    assert article.byline == ("Salma Idrissi", "Omar Naciri")
    assert article.paragraphs == (
        "Le phare a été rallumé lundi soir.",
        "Les pêcheurs ont applaudi.",
        "La lampe porte à trente milles.",
    )
    assert article.edit == Edit(
        headline="Le phare d'El Hank éteint de nouveau",
        append="Correction : une lampe a grillé.\n\nElle sera changée lundi.",
    )


def test_a_read_also_line_is_no_paragraph(phare_text):
    assert read(phare_text).asides == (Aside(2, "Lire aussi |", "Une digue pour Sidi Rahal"),)


def test_lines_of_one_paragraph_are_joined(phare_text):
    article = read(phare_text.replace("Les pêcheurs ont applaudi.", "Les pêcheurs\nont   applaudi."))
    assert article.paragraphs[1] == "Les pêcheurs ont applaudi."


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("+++\nlanguage", "language"), "front matter between two lines"),
        (('headline = "Le phare', "headline = Le phare"), "not TOML"),
        (("byline = [", "by_line = ["), "has no byline"),
        (("age_minutes = 95", 'age_minutes = 95\nmood = "glad"'), "unknown keys: mood"),
        (("age_minutes = 95", "age_minutes = 1.5"), "age_minutes = 1.5 is not int"),
        (("age_minutes = 95", "age_minutes = true"), "age_minutes = True is not int"),
        (("age_minutes = 95", "age_minutes = -5"), "age_minutes must be 0 or more"),
        (('"Omar Naciri"', "7"), "is not a list of texts"),
        (('language = "fr"', 'language = "ar"'), "language must be 'fr'"),
        (('section = "culture"', 'section = "cuisine"'), "section 'cuisine' is not one of: politique"),
        (('picture = "harbour"', 'picture = "port"'), "picture 'port' is not one of: "),
        (("edited = true", "edited = false"), "edited = true and a table [edit] go together"),
        (("append =", "prepend ="), "[edit] holds texts named headline, standfirst, append, not ['prepend']"),
        (("edited = true", 'edited = true\nsource_name = "Défi"'), "source_name, source_day and source_url"),
        (("edited = true", "edited = true\naggregator = true"), "source_name, source_day and source_url"),
        (("edited = true", 'edited = true\nslug2 = "Le Phare"'), "slug2 'Le Phare' is no slug"),
        (
            ('headline = "Le phare d\'El Hank rallumé : coût < devis & délais tenus"', 'headline = " "'),
            "headline is empty",
        ),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong_in_it(phare_text, change, complaint):
    assert change[0] in phare_text
    with pytest.raises(BadArticleError) as caught:
        read(phare_text.replace(*change, 1))
    assert str(caught.value).startswith("phare.md")
    assert complaint in str(caught.value)


def test_a_file_without_text_is_refused(phare_text):
    with pytest.raises(BadArticleError, match="no text below"):
        read(phare_text[: phare_text.rindex("+++") + 4])


@pytest.mark.parametrize(
    ("day", "url", "complaint"),
    [
        ("29/09/2020", "/defi/x", "is not a day as 2020-09-29"),
        ("2020-09-29", "defi/x", "neither an http"),
    ],
)
def test_an_aggregators_page_needs_a_day_and_an_address(phare_text, day, url, complaint):
    lines = f'source_name = "Défi"\nsource_day = "{day}"\nsource_url = "{url}"\nedited = true'
    with pytest.raises(BadArticleError, match=complaint):
        read(phare_text.replace("edited = true", lines))


@pytest.mark.parametrize(
    ("slug", "paper", "complaint"),
    [("Phare", "courrier-du-littoral", "lower-case"), ("phare", "le-monde", "no paper 'le-monde'")],
)
def test_a_file_of_a_wrong_name_or_folder_is_refused(phare_text, slug, paper, complaint):
    with pytest.raises(BadArticleError, match=complaint):
        read(phare_text, paper=paper, slug=slug)


@pytest.fixture
def own_folder(article_folder, tmp_path):
    """A copy of the tiny press to spoil."""
    return shutil.copytree(article_folder, tmp_path / "articles")


def test_a_folder_is_read_whole(own_folder):
    assert [article.slug for article in load_articles(own_folder)] == [
        "ministre", "phare", "quai", "faro", "bond", "thalj",
    ]  # fmt: skip


def test_a_folder_of_no_paper_is_refused(own_folder):
    (own_folder / "le-monde").mkdir()
    with pytest.raises(BadArticleError, match="le-monde: no such paper"):
        load_articles(own_folder)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(BadArticleError, match="has no article"):
        load_articles(tmp_path)


def test_a_related_article_that_is_not_there_is_refused(own_folder):
    (own_folder / "courrier-du-littoral" / "quai.md").unlink()
    with pytest.raises(BadArticleError, match=r"phare\.md: related names \['quai'\]"):
        load_articles(own_folder)


def test_two_articles_at_one_address_are_refused(own_folder):
    path = own_folder / "courrier-du-littoral" / "quai.md"
    path.write_text(path.read_text(encoding="utf-8").replace("quai-long", "phare"), encoding="utf-8")
    with pytest.raises(BadArticleError, match="slug 'phare' is taken by"):
        load_articles(own_folder)


def test_a_second_address_that_is_the_first_is_refused(own_folder):
    path = own_folder / "courrier-du-littoral" / "quai.md"
    path.write_text(path.read_text(encoding="utf-8").replace("quai-long", "quai"), encoding="utf-8")
    with pytest.raises(BadArticleError, match="slug 'quai' is taken by"):
        load_articles(own_folder)


def test_an_edit_changes_what_it_names_and_adds_its_paragraphs(phare_text):
    before = read(phare_text)
    after = edited(before)
    assert after.headline == "Le phare d'El Hank éteint de nouveau"
    assert after.standfirst == before.standfirst
    assert after.paragraphs == (
        *before.paragraphs,
        "Correction : une lampe a grillé.",
        "Elle sera changée lundi.",
    )


@pytest.mark.parametrize("slug", ["phare", "thalj", "faro", "bond"])
def test_variants_differ_in_address_headline_and_text(article_folder, slug):
    article = next(one for one in load_articles(article_folder) if one.slug == slug)
    variants = [article, *(make_variant(article, number) for number in range(2, 60))]
    for what in ("slug", "headline", "body", "age_minutes"):
        assert len({getattr(one, what) for one in variants}) == len(variants), what
    assert variants[5].paragraphs[1:] == article.paragraphs


def test_a_variant_is_neither_edited_nor_at_a_second_address(article_folder):
    articles = {one.slug: one for one in load_articles(article_folder)}
    assert make_variant(articles["phare"], 2).edit is None
    assert make_variant(articles["quai"], 2).slug2 == ""


def test_an_aggregators_page_knows_its_source(article_folder):
    article = next(one for one in load_articles(article_folder) if one.slug == "ministre")
    assert article.is_taken_over
    assert (article.source_name, article.source_day) == ("Défi Économique", date(2020, 9, 29))
