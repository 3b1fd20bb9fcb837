"""The one form of an article's address, so that an article announced twice is one article."""

from urllib.parse import unquote_plus

from shared.errors import Unprocessable
from shared.web.urls import WebUrl, join_url, parse_url

# What is left alone, and why: two articles made one are worse than one article met twice, which a redirect,
# rel=canonical or the text itself still shows (reference: peers.md section 6, where three of three different pairs fell
# together).
# - http and https, www and not: nothing says that the other one answers; a site that has both redirects.
# - a slash at the end, /amp at the end, capitals in the path: on some servers they are other pages, or none.
# - the order of parameters: some sites read it (article.php?a&12).
# - cid, sid, id, source, p, ref, page: often the article itself.

_TRACKING_PREFIXES = ("utm_", "hsa_", "mtm_", "matomo_", "pk_", "at_custom", "fb_action_", "__hs")
# fmt: off
_TRACKING = frozenset({
    # advertisers' click ids
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ymclid", "twclid", "ttclid",
    "li_fat_id", "epik", "srsltid", "rdt_cid",
    # sharing from social networks
    "igshid", "igsh", "mibextid", "sfnsn", "fb_ref", "fb_source", "ref_src", "ref_url", "__twitter_impression",
    "_openstat",
    # newsletters
    "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "hsctatracking", "oly_anon_id", "oly_enc_id", "vero_id",
    # audience measurement; xtor and at_* are common in the French press
    "_ga", "_gl", "xtor", "at_medium", "at_campaign", "at_creation", "at_variant", "at_format", "at_network",
    "at_link_id", "at_link_type", "at_send_date", "at_recipient_id", "at_recipient_list", "wt_mc", "wt.mc_id",
    "guccounter", "guce_referrer", "guce_referrer_sig",
})
# fmt: on
#: amp=1 is another form of the same article wherever it is known (WordPress); outputtype=amp likewise (Arc).
_AMP = {"amp": ("", "1", "true"), "outputtype": ("amp",)}
# Feeds break lines around addresses, and editors paste marks that nobody sees.
_AROUND = " \t\r\n\f\v\u00a0\u200b\u200e\u200f\u202a\u202b\u202c\ufeff"


def canonical_url(url: str, base: str | None = None) -> str:
    """The address in its one form, resolved against `base` if given; Unprocessable("bad_url") if it cannot be one.

    Lower-case scheme and host, IDN in punycode, default port, fragment, dot segments and tracking parameters gone,
    escapes in one form. Applying it again changes nothing.
    """
    trimmed = url.strip(_AROUND)
    if not trimmed:
        raise Unprocessable("bad_url", "the address is empty")
    parsed = parse_url(trimmed) if base is None else join_url(base, trimmed)
    query = "&".join(pair for pair in parsed.query.split("&") if pair and not _is_noise(pair))
    return str(WebUrl(parsed.scheme, parsed.host, parsed.port, parsed.path, query))


def _is_noise(pair: str) -> bool:
    escaped_name, _, value = pair.partition("=")
    name = unquote_plus(escaped_name).lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES) or value.lower() in _AMP.get(name, ())
