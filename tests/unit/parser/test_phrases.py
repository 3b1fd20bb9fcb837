"""Lines that papers put around their text, told from sentences that begin alike."""

import pytest

from services.parser.phrases import announces_related, is_furniture_line, is_related_line, is_stamp_line


@pytest.mark.parametrize(
    "line",
    [
        "Lire aussi | Le port explique ses plans", "Lire aussi : Le port s'agrandit", "LIRE ÉGALEMENT – Le port",
        "A lire aussi", "Sur le même sujet :", "Voir aussi: le port en images",
        "اقرأ أيضا | الميناء يتوسع", "إقرأ أيضاً: الميناء يتوسع", "اقرأ المزيد: الميناء يتوسع",
        "مواضيع ذات صلة", "شاهد أيضا : الميناء",
        "Lea también | El puerto crece", "Leer también: El puerto crece",
        "Te puede interesar: El puerto crece", "Noticias relacionadas",
        "Read also | The port grows", "Read more: The port grows", "Related articles", "See also: the port in pictures",
    ],
)  # fmt: skip
def test_a_line_to_another_article_is_known(line):
    assert is_related_line(line, is_link=False)


@pytest.mark.parametrize(
    "line",
    [
        "Lire aussi entre les lignes de ce budget demande de la patience, et le ministre le sait mieux que nous.",
        "Voir aussi loin que possible reste le métier des gardiens du phare.",
        "Read also the small print, the lawyer advised her clients before they signed.",
        "Ver también el mar era lo que pedían los niños del interior.",
        "اقرأ كتابا كل شهر هو شعار الحملة التي أطلقتها الجمعية في المدارس",
        "Related problems have delayed the works for months, the town said.",
        "Le port s'agrandit",
    ],
)
def test_a_sentence_that_begins_alike_stays(line):
    assert not is_related_line(line, is_link=False)


def test_a_pointer_counts_where_the_line_is_a_link():
    assert is_related_line("» Le port s'agrandit", is_link=True)
    assert not is_related_line("» Le port s'agrandit", is_link=False)


def test_a_line_that_only_announces_links_is_told_from_one_that_has_its_title():
    assert announces_related("Lire aussi :")
    assert not announces_related("Lire aussi : Le port s'agrandit")


@pytest.mark.parametrize(
    "line",
    [
        "Partager sur Facebook", "شارك المقال", "Compartir en WhatsApp", "Share this article",
        "Suivez-nous sur Facebook", "تابعونا على فيسبوك", "Síguenos en Instagram", "Join our WhatsApp channel",
        "Abonnez-vous à notre newsletter", "Subscribe to our newsletter", "Suscríbete a nuestro boletín",
        "Cet article est réservé aux abonnés", "Publicité", "إعلان", "Publicidad", "Advertisement",
        "© 2026 Le Journal. Tous droits réservés", "جميع الحقوق محفوظة", "12 commentaires", "أضف تعليقا",
        "Mots-clés : port, Nador, économie", "الوسوم: ميناء، الناظور", "Crédit photo : A. B.",
        "Temps de lecture : 3 min",
        "Merci d'avoir signalé!",
        "Cette image sera automatiquement bloquée après qu'elle soit signalée par plusieurs personnes.",
        "سيتم حجب هذه الصورة تلقائيا عندما يتم الإبلاغ عنها من طرف عدة أشخاص.",
        "Cliquez ici pour lire l'article depuis sa source.", "انقر هنا لقراءة الخبر من مصدره.",
    ],
)  # fmt: skip
def test_furniture_is_known(line):
    assert is_furniture_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "Partager l'eau entre les villages est devenu la première tâche du conseil.",
        "La publicité représente la moitié des recettes de la chaîne.",
        "Share prices fell sharply in Casablanca on Tuesday as traders waited for the bank, and nobody was surprised.",
        "Les commentaires du ministre ont surpris.",
        "إعلان الحكومة عن البرنامج الجديد أثار ردود فعل متباينة",
        "Suivez le bœuf : c'est le titre du roman que tout Fès lit cet automne.",
        "Print is not dead, says the owner of the last bookshop in Asilah.",
    ],
)
def test_a_sentence_about_such_things_stays(line):
    assert not is_furniture_line(line)


@pytest.mark.parametrize(
    "line", ["Publié le 3 mars 2025 à 10h15", "الثلاثاء 24 نونبر 2026 - 10:15", "Créé: 12.12.2019, 07h36"]
)
def test_a_stamp_is_known(line):
    assert is_stamp_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "Le musée a ouvert le 3 mars 2025.",
        "Un mardi comme les autres",
        "Depuis le 3 mars 2025, la ville de Nador compte un nouveau musée de la mer et deux parcs",
    ],
)
def test_a_sentence_with_a_date_is_no_stamp(line):
    assert not is_stamp_line(line)
