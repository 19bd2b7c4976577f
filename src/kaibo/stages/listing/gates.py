"""What listing says of launches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.master.launches.queries import products_of_launches
from kaibo.plumbing.listed import listed
from kaibo.plumbing.once import reading
from kaibo.plumbing.wiring import Finding
from kaibo.stages.compliance import queries as compliance
from kaibo.stages.listing import queries
from kaibo.stages.listing.models import Listing
from kaibo.stages.listing.rules import State


def gate(launch_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Finding]:
    """
    This function will say where each launch's product is on sale, and what stands in the way where it is not.

    A page on sale whose documents have run out since is red again, and so is one whose claims or rights no longer hold.
    Source: CMP-1, CMP-5, CMP-6.
    """
    products = products_of_launches(launch_ids)
    listings = queries.listings_by_product(products.values())
    with reading():
        cells, barred = compliance.matrix_for(products.values(), now), compliance.barriers_for(products.values(), now)
    found: dict[UUID, Finding] = {}
    for launch_id in launch_ids:
        product_id = products.get(launch_id)
        if product_id is None:
            found[launch_id] = Finding("none", _("还没有商品"))
            continue
        red = {cell.channel_id: next(one for one in cell.findings if one.state == "red") for cell in cells.get(product_id, ()) if cell.state == "red"}
        mine = listings.get(product_id, [])
        if grave := barred.get(product_id):  # what forbids a product forbids it on each of its channels
            red |= {one.channel_id: grave[0] for one in mine if one.channel_id not in red}
        found[launch_id] = _finding(mine, red)
    return found


def _finding(listings: list[Listing], red: Mapping[UUID, Finding]) -> Finding:
    on_sale = [one for one in listings if one.state == State.PUBLISHED]
    for one in on_sale:
        if one.channel_id in red:
            why = red[one.channel_id]
            return Finding("red", _("在售，但%(why)s") % {"why": why.reason}, why.source, reverse("listing:listing", args=[one.pk]), why.repair_label, why.repair_href)
    if on_sale:
        names = listed(one.channel.name for one in on_sale)
        return Finding("ok", _("在售：%(names)s") % {"names": names}, "LST-2、LST-6", reverse("listing:listing", args=[on_sale[0].pk]))
    if not listings:
        here = reverse("listing:listings")
        return Finding("red", _("还没有开始做上架页"), "LST-2", here, _("开始上架"), f"{here}#unlisted")
    first = listings[0]
    here = reverse("listing:listing", args=[first.pk])
    if first.channel_id in red:
        why = red[first.channel_id]
        return Finding("red", _("不能上架：%(why)s") % {"why": why.reason}, why.source, here, why.repair_label, why.repair_href)
    words = _("已下架") if first.state == State.WITHDRAWN else _("标题和价格还没有上架")
    return Finding("red" if first.state == State.WITHDRAWN else "run", words, "LST-2、LST-6", here, _("去上架"), here)
