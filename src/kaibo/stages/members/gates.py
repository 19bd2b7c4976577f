"""The members gate of a launch: the shop knows its customers, and those high in value may be told of the new product."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.master.catalog.queries import skus_of
from kaibo.master.launches.queries import products_of_launches
from kaibo.plumbing.wiring import Finding
from kaibo.stages.members import queries

STALE = timedelta(days=2)


def gate(launch_ids: Sequence[UUID], now: datetime) -> dict[UUID, Finding]:
    """This function will give the members finding of launches.   Source: MEM-1, TEAM-4."""
    products = products_of_launches(launch_ids)
    shops = {product: rows[0].shop_id for product, rows in skus_of(products.values()).items() if rows}
    known = queries.scored_shops(list(set(shops.values())))
    return {launch: _finding(known.get(shops[product]) if product in shops else None, now) for launch, product in products.items()}


def _finding(known: tuple[int, int, datetime | None] | None, now: datetime) -> Finding:
    home = reverse("members:home")
    if known is None:
        return Finding("none", _("还没有会员数据"), "", home, _("导入购买历史"), reverse("intake:upload") + "?kind=purchases")
    members, high, scored_at = known
    if scored_at is None or scored_at < now - STALE:
        return Finding("run", _("会员分层超过两天没有更新"), _("会员分层 MEM-1"), home, _("去重算"), home)
    if not high:
        return Finding("run", _("%(n)s 位会员里没有可以触达的高价值会员") % {"n": members}, _("同意与退订 MEM-3"), home, _("看分层"), home)
    return Finding("ok", _("%(n)s 位高价值会员可以通知预售") % {"n": high}, "", home)
