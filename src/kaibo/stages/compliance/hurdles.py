"""What stands between goods and being sold lawfully, asked by earlier stages of goods that are only thought of (ADR 23's way).   Source: CMP-1, CMP-5, CMP-6."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.clock import business_date
from kaibo.master.shops.models import Channel
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Finding, Goods, Hurdle
from kaibo.stages.compliance import efficacy, evidence, queries
from kaibo.stages.compliance.claims import claims_in, covers_of
from kaibo.stages.compliance.matrix_rows import matrix_on
from kaibo.stages.compliance.rules import Held, Need, Place, needs_at

NO_PRODUCT = UUID(int=0)
"""Stands for the product there is not yet: a filing of another product never covers it."""


def hurdles_of(goods: Goods, now: datetime) -> list[Hurdle]:
    """This function will list what goods would lack if they were sold today in their shop: documents, filings of claims, rights."""
    today, warn_days = business_date(now), thresholds.value(queries.WARN_KEY)
    path = queries.category_paths().get(goods.category, ((goods.category,), ""))[0]
    documents = queries.held_documents({goods.shop_id}).get(goods.shop_id, [])
    found = [*_documents(goods, path, documents, today, warn_days), *_claims(goods, path, documents, today, warn_days)]
    if goods.product_id is not None:
        rights = evidence.findings_of([goods.product_id], today).get(goods.product_id, [])
        found += [_of_finding(f"rights:{number}", "rights", one) for number, one in enumerate(rights)]
    return found


def _documents(goods: Goods, path: tuple[str, ...], documents: Sequence[Held], today: date, warn_days: int) -> list[Hurdle]:
    matrix, gravest = matrix_on(today), dict[str, Need]()
    places: dict[str, list[str]] = {}
    for channel in Channel.objects.filter(shop=goods.shop_id, is_active=True).order_by("platform", "name"):
        for need in needs_at(matrix, Place(channel.platform, channel.shop_type, path), documents, goods.product_id or NO_PRODUCT, today, warn_days=warn_days):
            if need.is_red or need.is_amber:
                places.setdefault(need.kind, []).append(channel.name)
                if need.kind not in gravest or (need.is_red and not gravest[need.kind].is_red):
                    gravest[need.kind] = need
    product = f"&product={goods.product_id}" if goods.product_id else ""
    return [
        Hurdle(
            f"document:{kind}", "document", "red" if need.is_red else "run", queries.standing_words(need), need.rule.source, tuple(places[kind]),
            _("上传资质"), f"{reverse('compliance:document-new')}?kind={kind}{product}",
        )
        for kind, need in gravest.items()
    ]  # fmt: skip


def _claims(goods: Goods, path: tuple[str, ...], documents: Sequence[Held], today: date, warn_days: int) -> list[Hurdle]:
    found = []
    for made in claims_in(goods.texts, path):
        row = efficacy.ClaimRow(made, tuple(covers_of(made.claim, documents, goods.product_id or NO_PRODUCT, today, warn_days=warn_days)))
        if row.state != "ok":
            found.append(_of_finding(f"claim:{made.claim.key}", "claim", efficacy.finding_of(goods.product_id, row)))
    return found


def _of_finding(key: str, kind: str, one: Finding) -> Hurdle:
    return Hurdle(key, kind, one.state, one.reason, one.source, (), one.repair_label, one.repair_href)
