"""
Stock of channels whose platform cannot be told by its interface: a file to upload in the platform's own console, and somebody's
word that it was.   Source: SUP-14, facts/platforms §1.4, §1.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction

from kaibo.kit.errors import Invalid
from kaibo.master.shops import accounts
from kaibo.master.shops.models import Channel
from kaibo.master.stock.models import ChannelItem
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.kinds import Cell, ExportColumn
from kaibo.plumbing.intake.writing import write_file
from kaibo.stages.orders import publishing
from kaibo.stages.orders.permissions import PUBLISH

COLUMNS = (
    ExportColumn("product", "平台商品编号"), ExportColumn("item", "平台规格编号"), ExportColumn("code", "商家编码"), ExportColumn("title", "商品"),
    ExportColumn("specification", "规格"), ExportColumn("units", "可售库存", Cell.WHOLE),
)  # fmt: skip


class NothingToUpload(Invalid):
    code = "orders.stock_file_empty"
    message_zh = "这个渠道还没有开始发布的商品：先在下面给商品点“开始发布”"
    message_en = "No item of this channel is published yet: press “Start publishing” beside an item first"


class NothingWritten(Invalid):
    code = "orders.stock_file_not_written"
    message_zh = "先下载库存文件、上传到平台，再来登记"
    message_en = "Download the stock file and upload it to the platform first"


@dataclass(frozen=True, slots=True)
class ByFile:
    """A connected channel that is told by file. `waiting`: items whose number was written and nobody said that it stands there."""

    channel: Channel
    items: int
    waiting: int


def channels_by_file(actor: Actor, *, shop_id: UUID | None = None) -> list[ByFile]:
    """This function will list the connected channels of an actor whose platform cannot be told stock."""
    found = []
    for account in accounts.accounts_on():
        if not actor.sees(account.channel.shop_id) or (shop_id and account.channel.shop_id != shop_id) or publishing.can_be_told(account):
            continue
        items = list(ChannelItem.objects.filter(channel=account.pk, is_on=True))
        found.append(ByFile(account.channel, len(items), sum(one.state == ChannelItem.State.NEVER and one.wanted_units is not None for one in items)))
    return found


@transaction.atomic
def write_stock_file(*, actor: Actor, channel_id: UUID, path: Path, now: datetime) -> int:
    """
    This function will write what a channel may show of each item it publishes, beside what the other channels still show, and give the rows.

    From here on the numbers may stand there at any moment, so until somebody says that they do the greater one counts.
    Raises: Forbidden, ChannelUnknown, NothingToUpload.
    """
    channel = accounts.channel_for(actor, channel_id)
    access.require(actor, PUBLISH, shop_id=channel.shop_id)
    # lock: the items of one channel; two files written at once would each count for less than both
    mine = list(ChannelItem.objects.select_for_update(of=("self",)).filter(channel=channel_id, is_on=True).select_related("sku__product").order_by("sku__code"))
    if not mine:
        raise NothingToUpload
    units = _units(mine, now)
    for one in mine:
        one.wanted_units, one.published_units = units[one.pk], max(units[one.pk], one.published_units or 0)
        one.state, one.published_at = ChannelItem.State.NEVER, one.published_at or now
    ChannelItem.objects.bulk_update(mine, ["wanted_units", "published_units", "state", "published_at"])
    audit.record(actor, "orders:stock:file", subject=f"channel:{channel_id}", now=now, shop_id=channel.shop_id, details={"items": len(mine)})
    rows = [(one.product_id, one.platform_sku_id, one.sku.code, one.sku.product.title, one.sku.specification, units[one.pk]) for one in mine]
    return write_file(path, COLUMNS, rows, format_="xlsx", title="渠道库存")


@transaction.atomic
def note_uploaded(*, actor: Actor, channel_id: UUID, now: datetime) -> int:
    """
    This function will note that the last file stands on the platform, and give the number of items.

    Raises: Forbidden, ChannelUnknown, NothingWritten.
    """
    channel = accounts.channel_for(actor, channel_id)
    access.require(actor, PUBLISH, shop_id=channel.shop_id)
    # lock: the same items; a file written meanwhile waits and is noted by itself
    written = list(ChannelItem.objects.select_for_update().filter(channel=channel_id, is_on=True, state=ChannelItem.State.NEVER, wanted_units__isnull=False))
    if not written:
        raise NothingWritten
    for one in written:
        one.published_units, one.published_at, one.state = one.wanted_units, now, ChannelItem.State.UNREAD
    ChannelItem.objects.bulk_update(written, ["published_units", "published_at", "state"])
    audit.record(actor, "orders:stock:uploaded", subject=f"channel:{channel_id}", now=now, shop_id=channel.shop_id, details={"items": len(written)})
    return len(written)


def _units(mine: Sequence[ChannelItem], now: datetime) -> dict[UUID, int]:
    """As a channel that is told: its share, and never more than the other channels leave."""
    every = list(ChannelItem.objects.filter(is_on=True, sku__in={one.sku_id for one in mine}).select_related("sku"))
    wanted, free, left = publishing.wanted_units(every, now), publishing.free_units(every, now), publishing.left_units(every)
    plan = publishing.Round({}, every, wanted, free, left)
    return {one.pk: min(wanted[one.pk], plan.room_for(one)) for one in mine}
