"""Makers of mentions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kaibo.master.shops.models import Shop
from kaibo.stages.risk import services
from kaibo.stages.risk.models import Mention
from kaibo.stages.risk.services import Told

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BAD = "林夏的衣橱的短款羊毛双面呢外套，穿两次就起球，客服还不回"


def tell(shop: Shop, *texts: str, now: datetime = NOW, platform: str = "小红书") -> list[object]:
    """Mentions of a feed, each at its own address."""
    told = [Told(platform, "爱穿羊毛的小陈", text, f"https://example.com/{abs(hash(text))}", now - timedelta(minutes=20)) for text in texts]
    return list(services.take_mentions(shop_id=shop.pk, told=told, names=services.names_of_shop(shop.pk), now=now))


def make_mention(shop: Shop, text: str = BAD, *, now: datetime = NOW) -> Mention:
    tell(shop, text, now=now)
    return Mention.objects.get(text=text)
