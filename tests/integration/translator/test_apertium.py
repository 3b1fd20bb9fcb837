"""Real Apertium: the machine's, or the copy that `make run` has fetched."""

import os
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from servers import is_alive, wait_until

from services.translator.apertium_home import find_apertium
from services.translator.engines.apertium import Engine
from services.translator.translate import translate
from shared.contracts import TranslationRequest
from shared.settings import ROOT

#: Before conftest clears the environment: where a copy may lie already. Nothing is fetched for a test.
VAR = Path(os.environ.get("KIOSQUE_VAR", ROOT / "var"))
COPY = VAR / "apertium"
PAIRS = [("fr", "es"), ("es", "fr"), ("en", "es"), ("es", "en"), ("fr", "en"), ("en", "fr")]
WANTS = "needs Apertium: sudo apt-get install apertium-fr-es apertium-eng-spa, or `make run` once"

pytestmark = pytest.mark.skipif(not all(find_apertium(copy=COPY).route(*pair) for pair in PAIRS), reason=WANTS)

SUBJECTS = {
    "fr": ["Le ministre", "La ville", "Une équipe de jeunes", "Le prix du blé", "Qzxaaw", "La pluie"],
    "es": ["El ministro", "La ciudad", "Un equipo de jóvenes", "El precio del trigo", "Qzxaaw", "La lluvia"],
    "en": ["The minister", "The city", "A team of young people", "The price of wheat", "Qzxaaw", "The rain"],
}
VERBS = {
    "fr": ["a annoncé hier", "ouvrira demain", "change", "n'a pas voulu", "attendait depuis 1998"],
    "es": ["anunció ayer", "abrirá mañana", "cambia", "no quiso", "esperaba desde 1998"],
    "en": ["announced yesterday", "will open tomorrow", "changes", "did not want", "waited since 1998"],
}
OBJECTS = {
    "fr": ["un nouveau port", "« la route »", "l'école [publique]", "3,5 % du budget", "{rien}", "aujourd'hui"],
    "es": ["un puerto nuevo", "«la carretera»", "la escuela [pública]", "3,5 % del presupuesto", "{nada}", "hoy"],
    "en": ["a new port", '"the road"', "the [public] school", "3.5% of the budget", "{nothing}", "today"],
}
ENDS = [".", "", " !", "?", "…", ";", " »", ")", "\\", "^", "$", "/", "<", "@", "a", "É"]


def sentences(language, count):
    """Sentences of every end, among them those that lt-proc keeps to itself for want of a blank."""
    pick = random.Random(7)
    parts = (SUBJECTS[language], VERBS[language], OBJECTS[language])
    return [" ".join(pick.choice(part) for part in parts) + ENDS[number % len(ENDS)] for number in range(count)]


@pytest.fixture
def engine(set_settings):
    set_settings(var=VAR)
    made = Engine()
    yield made
    made.close()


def pids(engine):
    return [process.pid for pipe in engine._pipes.values() for process in pipe.processes]


@pytest.mark.parametrize(
    ("pair", "text", "expected"),
    [
        ("fr>es", "Le roi du Maroc inaugure un port à Tanger.", "El rey de Marruecos inaugura un puerto en Tánger."),
        ("es>fr", "La ciudad abrirá un puerto.", "La ville ouvrira un port."),
        ("es>en", "El rey de Marruecos inaugura un puerto.", "The king of Morocco inaugurates a port."),
        ("en>es", "The city has a new port.", "La ciudad tiene un puerto nuevo."),
        ("fr>en", "Le roi du Maroc inaugure un port à Tanger.", "The king of Morocco inaugurates a port in Tangier."),
    ],
)
def test_it_translates(engine, pair, text, expected):
    assert engine.translate([text], *pair.split(">")) == [expected]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_two_hundred_sentences_of_every_end_come_through_without_a_break(engine, source, target):
    texts = sentences(source, 200)
    with structlog.testing.capture_logs() as logs:
        answers = engine.translate(texts, source, target)
    assert logs == []
    assert len(answers) == 200
    assert all(answers)
    assert sum(answer != text for answer, text in zip(answers, texts, strict=True)) > 190
    assert not any("[]" in answer or re.search(r"[*#@](?=\w)", answer) for answer in answers)


def test_one_by_one_they_come_out_as_all_at_once(engine):
    texts = sentences("fr", 48)
    assert [engine.translate([text], "fr", "es")[0] for text in texts] == engine.translate(texts, "fr", "es")


@pytest.mark.parametrize("text", ["mot", "le", "Le ministre", "fin", "1998", "Qzxaaw", "d'", "x" * 5000, "é", "日本"])
def test_a_word_without_a_full_stop_does_not_hang_it(engine, text):
    with structlog.testing.capture_logs() as logs:
        assert engine.translate([text], "fr", "es")[0]
    assert logs == []


@pytest.mark.parametrize("which", [0, 5, -1])
def test_a_process_that_is_killed_is_replaced(engine, which):
    [expected] = engine.translate(["La ville ouvrira un port."], "fr", "es")
    os.kill(pids(engine)[which], signal.SIGKILL)
    assert engine.translate(["La ville ouvrira un port."], "fr", "es") == [expected]


def test_two_directions_at_most_are_open(engine):
    for source, target in PAIRS:
        engine.translate(["port"], source, target)
        assert len(engine._pipes) <= 2


def test_names_come_through_a_whole_article(engine):
    names = ("Omar Blanc", "Bank Al-Maghrib", "Mohammed VI", "Blanc")
    text = (
        "Bank Al-Maghrib maintient son taux à 2,25 %\n\n"
        "M. Omar Blanc, qui a rencontré Mohammed VI, l'a dit hier. « Rien ne change », explique Blanc.\n"
        "Voir https://presse.example/a_b?c=d&e=f ou écrire à omar@presse.example."
    )
    for target in ("es", "en"):
        made = translate(TranslationRequest(1, "body", "fr", target, text, names), [engine])
        kept = (*names, "https://presse.example/a_b?c=d&e=f", "omar@presse.example", "2,25 %")
        assert [name for name in kept if name not in made.text] == []
        assert [len(line) > 0 for line in made.text.split("\n")] == [True, False, True, True]
        assert made.engine_version.count(",") == 1


OWNER = """
from services.translator.engines.apertium import Engine
engine = Engine()
engine.translate(["Le port est ouvert."], "fr", "en")
print(*(process.pid for pipe in engine._pipes.values() for process in pipe.processes), flush=True)
import time
time.sleep(60)
"""


def test_nothing_outlives_an_owner_that_is_killed():
    command = [sys.executable, "-c", OWNER]
    environment = os.environ | {"KIOSQUE_VAR": str(VAR)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    ) as owner:
        row = [int(pid) for pid in owner.stdout.readline().split()]
        owner.kill()
    assert len(row) > 15
    wait_until(lambda: not any(is_alive(pid) for pid in row), 10, "the end of every process")
