"""What is set in the libraries: our dates for htmldate, our word lists for justext, and nothing heavy loaded."""

import subprocess
import sys
from datetime import UTC, date, datetime

import htmldate.extractors
import trafilatura.external
from own_pages import fetched, html_of

from services.parser.libraries import set_up
from services.parser.parse import parse

ARABIC = [
    "افتتح المتحف البحري أبوابه مجانا أمام تلاميذ المدينة طيلة الأسبوع الأول من العطلة المدرسية.",
    "وتعرض القاعة الكبرى نماذج من مراكب الصيد التقليدية وأدوات النجارين الذين صنعوها.",
]


def test_a_date_deep_in_the_text_is_found_by_its_levantine_month():
    inner = "<h1>المتحف البحري يفتح أبوابه</h1>" + "".join(f"<p>{text}</p>" for text in ARABIC)
    article = parse(fetched(html_of(inner + "<p>حرر ببيروت في 12 تموز 2020</p>", "", "ar")))
    assert article.published_at == datetime(2020, 7, 12, 12, tzinfo=UTC)


def test_htmldate_asks_our_reader():
    set_up()
    assert htmldate.extractors.get_external_parser().get_date_data("7 غشت 2020")["date_obj"].date() == date(2020, 8, 7)
    assert htmldate.extractors.get_external_parser().get_date_data("7 brumaire") == {"date_obj": None}


def test_justext_has_the_words_of_our_languages_and_no_others():
    set_up()
    words = set(trafilatura.external.JT_STOPLIST)
    assert {"le", "el", "the", "في"} <= words
    assert "nicht" not in words


def test_parsing_loads_neither_dateparsers_languages_nor_the_queue():
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from own_pages import fetched, html_of\n"
        "from services.parser.parse import parse\n"
        "text = 'La bibliothèque de Béni Mellal prête désormais des instruments de musique aux enfants du quartier. '\n"
        "inner = '<h1>Des violons à la bibliothèque</h1>' + f'<p>{text}</p>' * 3 + '<p>Écrit un 7 avril 2020</p>'\n"
        "parse(fetched(html_of(inner)))\n"
        "unwanted = ('dateparser.data', 'celery', 'sqlalchemy', 'numpy')\n"
        "heavy = [name for name in sys.modules if name.startswith(unwanted)]\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
