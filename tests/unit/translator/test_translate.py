"""One field into one language, by engines that behave and engines that do not."""

import re
from collections.abc import Callable, Sequence

import pytest
import structlog

from services.translator.engine import served_pairs
from services.translator.translate import translate
from shared.contracts import TranslationRequest
from shared.errors import Retryable, Unprocessable, Waiting

PSEUDO_WORD = re.compile(r"Qzx[a-z]+w", re.IGNORECASE)
WORDS = {"le": "el", "roi": "rey", "et": "y", "parle": "habla", "maire": "alcalde", "de": "de", "la": "la"}


def word_by_word(text: str) -> str:
    return re.sub(r"\w+", lambda word: WORDS.get(word[0].lower(), f"{word[0]}o"), text)


def keeping_pseudo_words(text: str) -> str:
    return re.sub(r"\w+", lambda word: word[0] if PSEUDO_WORD.fullmatch(word[0]) else word_by_word(word[0]), text)


class FakeEngine:
    """Says what a function makes of each segment."""

    name = "fake"
    version = "7"

    def __init__(
        self, say: Callable[[str], str] = keeping_pseudo_words, pair: str = "fr>es", reads_capitals: bool = True
    ) -> None:
        self.say, self.pair, self.reads_capitals = say, pair, reads_capitals
        self.asked: list[list[str]] = []

    def serves(self, source: str, target: str) -> bool:
        return f"{source}>{target}" == self.pair

    def translate(self, segments: Sequence[str], source: str, target: str) -> list[str]:
        self.asked.append(list(segments))
        return [self.say(segment) for segment in segments]


def request(text, names=(), pair="fr>es", field="body"):
    source, target = pair.split(">")
    return TranslationRequest(1, field, source, target, text, names)


def test_a_translation_names_its_engine_and_version_and_languages():
    made = translate(request("Le roi parle."), [FakeEngine()])
    assert made.text == "el rey habla."
    assert (made.engine, made.engine_version, made.source_language, made.target_language) == ("fake", "7", "fr", "es")


def test_the_first_engine_that_serves_the_pair_is_asked():
    other, first, second = FakeEngine(pair="en>es"), FakeEngine(), FakeEngine()
    translate(request("Le roi parle."), [other, first, second])
    assert (len(other.asked), len(first.asked), len(second.asked)) == (0, 1, 0)


@pytest.mark.parametrize("engines", [[], [FakeEngine(pair="en>es")]])
def test_without_an_engine_for_the_pair_it_waits_and_names_the_pair(engines):
    with pytest.raises(Waiting) as waiting:
        translate(request("Le roi parle.", pair="fr>ar"), engines)
    assert (waiting.value.reason, waiting.value.detail) == ("no_engine", "fr>ar")


def test_what_a_row_waits_for_is_what_an_engine_is_said_to_serve():
    with pytest.raises(Waiting) as waiting:
        translate(request("Le roi parle."), [])
    assert served_pairs([FakeEngine(), FakeEngine(pair="en>ar")]) == {waiting.value.detail, "en>ar"}


def test_a_text_in_the_target_language_is_set_aside():
    with pytest.raises(Unprocessable, match="same_language"):
        translate(request("Le roi parle.", pair="fr>fr"), [FakeEngine(pair="fr>fr")])


def test_paragraphs_lines_and_blanks_stay_as_they_are():
    text = " Le roi parle.  Le maire parle.\n\n\nLe roi\tparle\nLe maire.\n"
    made = translate(request(text), [FakeEngine()])
    assert made.text == " el rey habla.  el alcalde habla.\n\n\nel rey\thabla\nel alcalde.\n"


def test_a_line_break_in_an_answer_does_not_make_a_paragraph():
    engine = FakeEngine(lambda text: f" el rey \n\nhabla {len(text)} ")
    assert translate(request("Le roi parle. Le maire parle."), [engine]).text == "el rey habla 13 el rey habla 15"


def test_the_engine_gets_one_sentence_a_segment():
    engine = FakeEngine()
    translate(request("Le roi parle. Le maire parle.\n\nLe roi."), [engine])
    assert engine.asked == [["Le roi parle.", "Le maire parle.", "Le roi."]]


def test_names_addresses_and_figures_come_through_an_engine_that_would_spoil_them():
    text = "Omar Blanc parle de 3,5 % et de https://presse.example/page, M. Blanc parle."
    made = translate(request(text, ("Omar Blanc", "Blanc")), [FakeEngine()])
    assert made.text == "Omar Blanc habla de 3,5 % y de https://presse.example/page, Mo. Blanc habla."


def test_a_name_that_says_what_it_is_in_words_is_translated():
    made = translate(request("Le maire de la Cour Le Roi parle", ("Cour Le Roi",)), [FakeEngine()])
    assert made.text == "el alcalde de la Couro el rey habla"


@pytest.mark.parametrize("pair", ["ar>fr", "fr>ar"])
def test_names_are_left_to_the_engine_between_scripts(pair):
    engine = FakeEngine(lambda text: text.replace("Omar", "عمر").replace("hier", "أمس"), pair=pair)
    made = translate(request("Omar visite la ville de Rabat hier.", ("Omar",), pair=pair), [engine])
    assert made.text == "عمر visite la ville de Rabat أمس."


@pytest.mark.parametrize(
    "spoil",
    [lambda word: "", lambda word: f"{word} {word}", lambda word: word[:-1]],
    ids=["lost", "doubled", "changed"],
)
def test_a_sentence_whose_names_do_not_come_back_once_is_asked_again_with_its_names(spoil):
    def say(text):
        return PSEUDO_WORD.sub(lambda word: spoil(word[0]), keeping_pseudo_words(text))

    engine = FakeEngine(say)
    made = translate(request("Omar parle. Le roi parle.", ("Omar",)), [engine])
    assert made.text == "Omaro habla. el rey habla."
    assert engine.asked[1] == ["Omar parle."]


def test_a_sentence_that_is_faulty_with_and_without_its_names_stays_as_it_was():
    def say(text):
        return "sal sal sal sal sal" if "parle" in text else keeping_pseudo_words(text)

    text = "Omar parle.\n\nLe roi et le maire de la ville et le roi de la mer."
    with structlog.testing.capture_logs() as logs:
        made = translate(request(text, ("Omar",)), [FakeEngine(say)])
    assert made.text == "Omar parle.\n\nel rey y el alcalde de la villeo y el rey de la mero."
    assert {"event": "segments.kept", "pair": "fr>es", "of": 2, "repetition": 1}.items() <= logs[0].items()


@pytest.mark.parametrize(
    ("say", "fault"),
    [
        (lambda text: text, "same 2"),
        (lambda text: "", "empty 2"),
        (lambda text: "sal " * 8, "repetition 2"),
        (lambda text: text * 9, "length 2"),
    ],
)
def test_a_text_of_which_nothing_usable_comes_back_is_set_aside_with_the_faults(say, fault):
    text = "Le roi parle de la ville et de la mer. Le maire parle de la ville et du port."
    with pytest.raises(Unprocessable, match=r"untranslatable.*fake 7.*2 of 2") as never:
        translate(request(text), [FakeEngine(say)])
    assert fault in never.value.detail


def test_a_text_of_which_most_words_came_back_unusable_is_set_aside():
    def say(text):
        return text if "ville" in text else keeping_pseudo_words(text)

    with pytest.raises(Unprocessable, match="1 of 2"):
        translate(request("Le roi parle de la ville et de la mer. Le roi parle."), [FakeEngine(say)])


@pytest.mark.parametrize("text", ["2 - 1", "Omar, Leïla", "https://presse.example/", "…", " \n "])
def test_what_has_no_words_is_its_own_translation_and_asks_nobody(text):
    engine = FakeEngine()
    assert translate(request(text, ("Omar", "Leïla")), [engine]).text == text
    assert engine.asked == []


def test_a_short_headline_may_be_the_same_in_both_languages():
    assert translate(request("CAN 2025 : Real Madrid", field="headline"), [FakeEngine(lambda t: t)]).text


@pytest.mark.parametrize("answers", [[], ["uno"], ["uno", "dos", "tres"]])
def test_an_engine_that_does_not_answer_each_sentence_is_tried_later(answers, monkeypatch):
    engine = FakeEngine()
    monkeypatch.setattr(engine, "translate", lambda *_: answers)
    with pytest.raises(Retryable, match="bad_answer: fake gave"):
        translate(request("Le roi parle. Le maire parle."), [engine])


def test_capitals_are_lowered_for_an_engine_that_cannot_read_them_and_names_written_as_elsewhere():
    engine = FakeEngine(reads_capitals=False)
    made = translate(request("LE ROI HASSAN II ET OMAR ALAMI PARLE", ("Omar Alami",)), [engine])
    assert PSEUDO_WORD.sub("N", engine.asked[0][0]) == "Le roi hassan II et N parle"
    assert made.text.endswith("y Omar Alami habla")


def test_capitals_are_left_to_an_engine_that_reads_them():
    engine = FakeEngine()
    made = translate(request("LE ROI ET OMAR ALAMI PARLE", ("Omar Alami",)), [engine])
    assert PSEUDO_WORD.sub("N", engine.asked[0][0]) == "LE ROI ET N PARLE"
    assert made.text == "el rey y OMAR ALAMI habla"


def test_lowered_capitals_are_asked_again_with_the_names_in_them():
    engine = FakeEngine(lambda text: PSEUDO_WORD.sub("", keeping_pseudo_words(text)), reads_capitals=False)
    translate(request("LE ROI ET OMAR ALAMI PARLE", ("Omar Alami",)), [engine])
    assert engine.asked[1] == ["Le roi et Omar Alami parle"]
