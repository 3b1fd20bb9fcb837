"""What papers write around their articles, in the four languages: links to others, prompts, credits, an aggregator's notices."""

import re

from services.parser.dates import read_dates
from services.parser.text import fold

# Every pattern is read against a folded line: small letters, no accents, no vowel signs.
_RELATED = re.compile(
    r"^\W*(?:"
    r"a lire (?:aussi|egalement|ensuite|sur le meme sujet)|a lire|lire (?:aussi|egalement|encore|la suite|plus|l'article)|lisez aussi|relire|voir (?:aussi|egalement)|"
    r"a voir (?:aussi|egalement)|ecouter aussi|sur le meme (?:sujet|theme)|a decouvrir(?: aussi)?|pour aller plus loin|notre dossier|articles? (?:lies|similaires|connexes)|"
    r"plus d'articles|dans la meme rubrique|"
    r"read (?:also|more|next|full story)|also read|see (?:also|more)|more on (?:this|that)|related(?: (?:articles?|stor(?:y|ies)|news|posts?|reading|content|topics?))?|recommended(?: for you)?|"
    r"you (?:may|might) also (?:like|be interested).*|don't miss|watch(?: also)?|more from|up next|"
    r"le[ae]r? tambien|lea (?:tambien|mas|ademas)|leer mas|ver tambien|vea tambien|te puede interesar|(?:tambien )?(?:te|le) puede interesar|(?:noticias?|notas?|articulos?|contenidos?) relacionad[ao]s?|mas sobre.*|mas informacion|"
    r"quizas? te interese|no te pierdas|en contexto|"
    r"(?:و)?(?:اقرا|اقرأ|اقرؤوا|شاهد|طالع|تابع|انظر|اقراوا) ?(?:ايضا|المزيد|كذلك)|اقرا|للمزيد|المزيد حول|قد يهمك(?: ايضا)?|قد يعجبك(?: ايضا)?|مواضيع (?:ذات صله|متعلقه|مرتبطه)|مقالات (?:ذات صله|مشابهه)|"
    r"اخبار ذات صله|ذات صله|لا تفوت"
    r")\s*(?P<rest>.*)$"
)
#: After "Lire aussi" these say that a title follows; without one of them the line may be prose.
_RULE = re.compile(r"^[\s\"']*(?:[|:\-/>»*…]|\.{3}|$)")
_RELATED_MAX_LENGTH = 250
#: Marks that papers put before a link to another article.
_POINTER = re.compile(r"^\s*(?:[>»→▶►▸☞👉⇒]|->|=>)")

_FURNITURE = re.compile(
    r"^\W*(?:"
    # sharing and following
    r"partager(?: (?:sur|cet article|l'article|via).{0,60})?|share(?: (?:this|on|via|it|article)\b.{0,60})?|compartir(?: (?:en|esta|este|el|la)\b.{0,60})?|شارك(?:ها|ه|وا)?(?: (?:علي|المقال|الخبر|هذا|عبر)\b.{0,60})?|مشاركه(?: .{0,40})?|"
    r"facebook|twitter|whatsapp|linkedin|telegram|pinterest|instagram|email|e-mail|print|imprimer|imprimir|طباعه|copier le lien|copy link|copiar enlace|"
    r"(?:suivez|retrouvez|rejoignez|follow|join|like|sigue|siguenos|sigan|unete|تابعونا|تابعنا|تابعوا|انضموا?|اشترك(?:وا)?)\b.{0,90}\b(?:facebook|twitter|instagram|whatsapp|telegram|linkedin|youtube|tiktok|google|x|reseaux|"
    r"chaine|channel|canal|redes|social media|newsletter|واتساب|واتس|فيسبوك|تويتر|تليغرام|تيليغرام|تلغرام|يوتيوب|انستغرام|قناه|قناتنا|تطبيق|غوغل|النشره|نشرتنا|اخبار)\b.{0,120}|"
    # newsletters, subscriptions, pay walls
    r"(?:inscrivez-vous|abonnez-vous|je m'abonne|s'abonner|m'inscrire|recevez|subscribe|sign up|suscribete|suscribirse|registrate|recibe)\b.{0,140}|"
    r"newsletter|pour (?:lire la suite|acceder|continuer a lire|profiter).{0,100}|deja abonne.{0,60}|(?:cet )?article (?:est )?reserve aux abonnes.{0,80}|(?:il|la suite)?.{0,40}reservee? a nos abonnes.{0,60}|already (?:a )?(?:subscriber|member).{0,60}|"
    r"this (?:article|content|story) is (?:for|reserved for|available to) (?:subscribers|members).{0,80}|(?:contenido|articulo) (?:exclusivo )?(?:para|solo para) suscriptores.{0,60}|"
    # advertising, cookies, rights
    r"publicite|advertisement|advertising|publicidad|ad|anuncio|اعلان|اعلانات|sponsored|story continues below.{0,40}|article continues (?:below|after).{0,40}|la suite apres (?:la|cette) publicite|"
    r"(?:nous utilisons|ce site utilise|we use|this (?:web)?site uses|utilizamos|este sitio (?:web )?utiliza) (?:des |las )?cookies?.{0,200}|accept(?:er)? (?:all )?(?:les )?cookies|"
    r"(?:©|\(c\)|copyright)\s.{0,120}|.{0,60}(?:tous droits reserves|all rights reserved|todos los derechos reservados|جميع الحقوق محفوظه).{0,40}|"
    # comments, tags, credits
    r"(?:\d+ )?(?:commentaires?|comments?|comentarios?|تعليق(?:ات)?|التعليقات)(?: ?\(?\d*\)?)?|laisser un commentaire.{0,60}|leave a (?:comment|reply).{0,60}|deja un comentario.{0,60}|ajouter un commentaire|اضف تعليق(?:ا|ك)?|اترك تعليقا.{0,40}|"
    r"(?:tags?|mots[- ]cles|etiquetas|temas|topics?|كلمات (?:دلاليه|مفتاحيه)|وسوم|الوسوم)\s*:.{0,200}|"
    r"(?:photos?|image|credits?(?: photos?)?|ph|foto|crédito|صوره|الصوره|تصوير)\s*[:/©].{0,80}|(?:\(?(?:photo|foto|image) (?:by|par|de|d'illustration)\b).{0,60}|"
    r"(?:temps de lecture|reading time|lecture|tiempo de lectura|مده القراءه)\s*:?\s*\d.{0,30}|\d+ ?(?:min(?:utes?)?|mn) (?:de lecture|read|de lectura)|ecouter (?:l'article|cet article)|listen to (?:this )?article|"
    # what an aggregator's page adds (reference: seed-article.txt)
    r"merci d'avoir signale.{0,20}|cette image sera automatiquement bloquee.{0,80}|signaler cette image|شكرا علي (?:الابلاغ|التبليغ).{0,20}|سيتم حجب هذه الصوره.{0,90}|الابلاغ عن هذه الصوره|"
    r"¡?gracias por (?:avisar|informar|denunciar|reportar).{0,20}|esta imagen se(?:ra)? (?:bloqueara|bloqueada) automaticamente.{0,80}|denunciar esta imagen|"
    r"thank you for reporting.{0,20}|thanks for reporting.{0,20}|this image will be (?:automatically )?blocked.{0,80}|report this image|"
    r"(?:cliquez|انقر|اضغط|haga clic|haz clic|click).{0,20}(?:ici|هنا|aqui|here).{0,20}(?:lire|لقراءه|leer|read).{0,60}"
    r")\W*$"
)
_FURNITURE_MAX_LENGTH = 300

_STAMP_MAX_LENGTH = 120
_STAMP_MAX_WORDS = 10
_SENTENCE_END = re.compile(r"[.!?؟…]\W*$")
_WORD = re.compile(r"[^\W\d_]{2,}")


def is_related_line(line: str, is_link: bool) -> bool:
    """Whether a line sends the reader to another article ("Lire aussi | ..."); `is_link`: it is hardly anything else."""
    if len(line) > _RELATED_MAX_LENGTH:
        return False
    if is_link and _POINTER.match(line):
        return True
    found = _RELATED.match(fold(line))
    return found is not None and (is_link or bool(_RULE.match(found["rest"])))


def announces_related(line: str) -> bool:
    """Whether a line says no more than that links to other articles follow."""
    found = _RELATED.match(fold(line)) if len(line) <= 80 else None
    return found is not None and not re.search(r"\w", found["rest"])


def is_furniture_line(line: str) -> bool:
    """Whether a line is a share bar, a prompt, a credit or another part of the site."""
    return len(line) <= _FURNITURE_MAX_LENGTH and _FURNITURE.match(fold(line)) is not None


def is_stamp_line(line: str) -> bool:
    """Whether a line gives a date and says nothing besides."""
    if len(line) > _STAMP_MAX_LENGTH or _SENTENCE_END.search(line) or not read_dates(line):
        return False
    return len(_WORD.findall(line)) <= _STAMP_MAX_WORDS
