"""Why a return without reason may be refused: the grounds the law knows, each with its article. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kaibo.stages.aftersales.complaints import GroundMissing
from kaibo.stages.aftersales.rules import Nature


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground for refusing, the article it stands in, and what has to be shown for it."""

    zh: str
    en: str
    article_zh: str
    article_en: str
    evidence_zh: str
    evidence_en: str


ARTICLE = ("消费者权益保护法 25 条", "Consumer Protection Law art. 25")
GROUNDS: dict[str, Ground] = {
    "too_late": Ground("超过签收后 7 日", "more than seven days after receipt", *ARTICLE, "物流签收时间", "time of receipt"),
    "custom_made": Ground("消费者定作", "made to order", *ARTICLE, "定作的约定", "the agreement"),
    "perishable": Ground("鲜活易腐", "fresh and perishable", *ARTICLE, "类目", "its category"),
    "digital": Ground("拆封的音像、软件等数字化商品", "opened or downloaded digital goods", *ARTICLE, "拆封照片", "picture of the open seal"),
    "press": Ground("交付的报纸、期刊", "newspapers and periodicals", *ARTICLE, "类目", "its category"),
    "confirmed": Ground(
        "性质不宜退货，且买家购买时确认过", "unfit for return, as the buyer confirmed at purchase", *ARTICLE, "购买时单独确认的记录", "the record of that confirmation"
    ),
    "not_intact": Ground("商品不完好", "the goods are not intact", *ARTICLE, "验货照片；仅拆封不算", "pictures; having been opened is not enough"),
}
"""Source: AFT-5. Unsealing alone is no ground: 侵害消费者权益行为处罚办法 art. 9 counts it as deliberate delay."""


def require(nature: Nature, ground: str, evidence: str) -> None:
    """This function will refuse the refusal of a return without reason that names no ground of the law or no evidence.   Raises: GroundMissing."""
    if nature is Nature.NO_REASON and (ground not in GROUNDS or not evidence.strip()):
        raise GroundMissing

