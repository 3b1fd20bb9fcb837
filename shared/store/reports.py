"""Readers' reports of pictures: people are counted, not clicks, and enough of them block a picture at once."""

import hashlib
import hmac
import ipaddress
from enum import StrEnum

from sqlalchemy import Update, exists, func, select, update
from sqlalchemy.orm import Session

from shared.db import now
from shared.models import ID_MOST, ArticleImage, Audit, Image, Report
from shared.settings import secret_key, settings
from shared.store.upsert import upsert

#: Of an address what one subscriber or office has (reference: moderation.md section 4): bits of IPv4, and of IPv6.
NETWORK_BITS = {4: 24, 6: 48}


class ReportAnswer(StrEnum):
    """What became of a report; a reader is answered alike to the first two, so that a second click tells nothing."""

    ACCEPTED = "accepted"
    ALREADY = "already"
    UNKNOWN = "unknown"  # there is no such picture


def report_image(
    session: Session, image_id: int, *, reporter: str, network: str = "", article_id: int | None = None
) -> ReportAnswer:
    """Count one person's report of a picture; with the one that makes KIOSQUE_REPORTS_TO_BLOCK it is blocked.

    `reporter` and `network` are keyed hashes (reporter_key, network_key); `article_id` says where the picture was seen.
    What an operator cleared is counted on, but blocked by operators only.
    """
    if not reporter:
        raise ValueError("a report needs a reporter: the keyed hash of a reader's cookie")
    if not 0 < image_id <= ID_MOST or session.scalar(select(Image.id).where(Image.id == image_id)) is None:
        return ReportAnswer.UNKNOWN
    row = {
        "image_id": image_id,
        "reporter": reporter,
        "network": network,
        "article_id": article_id if _is_used(session, image_id, article_id) else None,
    }
    # These statements in this order: of any number of reports at once each is counted, and one of them blocks. Counting
    # the rows, or reading the counter first, misses blocks (in 24 % and 50 % of rounds: moderation.md section 3.5).
    if not upsert(session, Report, [row], key=("image_id", "reporter")):
        return ReportAnswer.ALREADY
    session.execute(_change(image_id).values(reports=Image.reports + 1))
    _block_if_enough(session, image_id, settings().reports_to_block)
    return ReportAnswer.ACCEPTED


def reporter_key(cookie_value: str) -> str:
    """What a reader is known by in the table: nobody without the secret key can tell whose it is."""
    return _keyed_hash("reporter", cookie_value)


def network_key(ip: str) -> str:
    """The same for the reader's network, a /24 or /48; "" for what is no address."""
    try:
        address = ipaddress.ip_address(ip.strip().strip("[]").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    network = ipaddress.ip_network((address, NETWORK_BITS[address.version]), strict=False)
    return _keyed_hash("network", str(network))


def _keyed_hash(purpose: str, text: str) -> str:
    return hmac.new(secret_key(), f"{purpose}\0{text}".encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def _is_used(session: Session, image_id: int, article_id: int | None) -> bool:
    if article_id is None or not 0 < article_id <= ID_MOST:
        return False
    use = exists().where(ArticleImage.article_id == article_id, ArticleImage.image_id == image_id)
    return bool(session.scalar(select(use)))


def _change(image_id: int) -> Update:
    return update(Image).where(Image.id == image_id).execution_options(synchronize_session=False)


def _block_if_enough(session: Session, image_id: int, threshold: int) -> None:
    if not threshold:
        return  # 0: reports only queue for an operator
    enough = _change(image_id).where(Image.state == "visible", Image.reports >= threshold)
    reports = session.scalar(enough.values(state="auto_blocked", decided_at=now()).returning(Image.reports))
    if reports is None:
        return
    networks = session.scalar(select(func.count(Report.network.distinct())).where(Report.image_id == image_id))
    evidence = {
        "from": "visible",
        "to": "auto_blocked",
        "reports": reports,
        "reports_to_block": threshold,
        "networks": networks,
    }
    session.add(
        Audit(
            actor="readers", action="image.auto_blocked", subject="image", subject_id=image_id, reason="reports",
            evidence=evidence,
        )
    )  # fmt: skip
