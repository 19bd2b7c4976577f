"""
The gap report: a platform's orders of a day beside ours, each missing one with its reason.   Source: ORD-1.

Both sides are counted by when the order was made, on Shanghai's day. The platform is asked anew: our own pull is what is
being checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_noop

from kaibo.kit.clock import day_bounds
from kaibo.kit.shop_channels import Can, PlatformOrder, ShopChannel
from kaibo.kit.shop_complaints import ShopRefused, ShopUnreadable
from kaibo.kit.shop_windows import order_pages
from kaibo.master.shops import accounts
from kaibo.master.shops.models import ChannelAccount
from kaibo.plumbing import kept_words
from kaibo.stages.orders.gap_days import MOST_GAPS, parts_of, report_days, why_different, why_not_yet
from kaibo.stages.orders.models import GapReport, Order, Pull, PullRefusal
from kaibo.stages.orders.pulling import BOOKED_CURRENCY
from kaibo.stages.orders.split_orders import Counted, Together, hold_together

MOST_ASKED = 200
"""How many of our orders a platform did not name it is asked about one by one."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One order on which both sides differ; `kind`: missing, amount, unknown_there; `why` is a kept sentence that `values` fill."""

    order_no: str
    kind: str
    platform_fen: int
    our_fen: int
    why: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ours:
    amount_fen: int
    version: datetime
    parent_no: str = ""


def report_due(now: datetime) -> int:
    """This function will compare yesterday and today of every connected channel, once an hour; the clock gives how many."""
    made = 0
    for account in accounts.accounts_on():
        if Can.READ_MADE in accounts.kind_of(account.channel).capabilities.can and not account.trouble:
            made += report_days(GapReport, account, now, make_report)
    return made


def make_report(account: ChannelAccount, channel: ShopChannel, day: date, now: datetime) -> GapReport:
    """This function will ask the platform for every order of a day and write down where we differ.   Raises: what a ShopChannel raises."""
    begin, end = day_bounds(day)
    theirs: dict[str, PlatformOrder] = {}
    unread: dict[str, str] = {}
    for part in parts_of(begin, min(end, now), channel.capabilities, "made"):
        for page in order_pages(channel, part, clock=lambda: now):
            theirs |= {one.order_no: one for one in page.orders}
            unread |= {one.number: one.why for one in page.refused}
    ours = _ours(account, begin, min(end, now), list(theirs))
    theirs, ours, apart = _each_split_once(theirs, ours)
    for order in _of_other_days(channel, [no for no in ours if no not in theirs and no not in unread], now):
        if order.is_split or order.amount_fen == ours[order.order_no].amount_fen:
            del ours[order.order_no]
        else:
            theirs[order.order_no] = order
    gaps = _gaps(account, theirs, unread, ours, apart)
    report, _ = GapReport.objects.update_or_create(
        channel_id=account.pk, day=day,
        defaults={
            "platform_orders": len(theirs) + len(unread), "our_orders": len(ours), "platform_fen": sum(_fen(one) for one in theirs.values()),
            "our_fen": sum(one.amount_fen for one in ours.values()), "gaps": [asdict(gap) for gap in gaps[:MOST_GAPS]], "made_at": now,
        },
    )  # fmt: skip
    return report


def _of_other_days(channel: ShopChannel, numbers: list[str], now: datetime) -> list[PlatformOrder]:
    """Ours of the day that the platform knows but counts on another one: 拼多多 counts by when it was paid."""
    found = []
    for number in numbers[:MOST_ASKED] if Can.READ_ONE in channel.capabilities.can else []:
        try:
            found.append(channel.order(number, now=now))
        except (ShopRefused, ShopUnreadable):
            continue
    return found


def _each_split_once(theirs: dict[str, PlatformOrder], ours: dict[str, Ours]) -> tuple[dict[str, PlatformOrder], dict[str, Ours], Together]:
    """An order the platform split counts by its parts on both sides; where it lists the parent alone, our parts stand for it together."""
    apart = hold_together(
        {no: Counted(one.amount_fen, one.parent_no, one.is_split) for no, one in theirs.items()},
        {no: Counted(one.amount_fen, one.parent_no) for no, one in ours.items()},
    )
    kept = {no: one for no, one in ours.items() if no not in apart.ours_left_out}
    for parent, parts in apart.alone.items():
        kept[parent] = Ours(sum(ours[no].amount_fen for no in parts), max(ours[no].version for no in parts))
    return {no: one for no, one in theirs.items() if no not in apart.theirs_left_out}, kept, apart


def _ours(account: ChannelAccount, begin: datetime, end: datetime, numbers: list[str]) -> dict[str, Ours]:
    mine = Order.objects.filter(platform=account.channel.platform, shop=account.channel.shop_id)
    made = mine.filter(ordered_at__gte=begin, ordered_at__lt=end).exclude(source="claim")
    columns = ("order_no", "amount_fen", "source_version", "parent_no")
    named = (made, mine.filter(order_no__in=numbers), mine.filter(parent_no__in=numbers))
    return {no: Ours(*rest) for rows in named for no, *rest in rows.values_list(*columns)}


def _fen(order: PlatformOrder) -> int:
    """What it adds to the day; an order in another currency, which we do not take, adds nothing."""
    return order.amount_fen if order.currency == BOOKED_CURRENCY else 0


def _gaps(
    account: ChannelAccount, theirs: Mapping[str, PlatformOrder], unread: Mapping[str, str], ours: Mapping[str, Ours], apart: Together
) -> list[Gap]:
    refusals = PullRefusal.objects.filter(channel_id=account.pk).values_list("order_no", "why", "values")
    refused = {no: kept_words.both(why, values) for no, why, values in refusals}
    pull = Pull.objects.filter(pk=account.pk).first()
    until = pull.pulled_until if pull else None
    gaps = [Gap(no, "missing", 0, 0, gettext_noop("平台给的内容读不懂：%(why)s"), {"why": why}) for no, why in unread.items() if no not in ours]
    for no, order in theirs.items():
        mine = ours.get(no)
        if mine is None:
            gaps.append(Gap(no, "missing", _fen(order), 0, *_why_missing(order, refused.get(no), until)))
        elif mine.amount_fen != order.amount_fen and no in apart.alone:
            parts = apart.alone[no]
            why = gettext_noop("平台只列出拆单前的这一单，我们收下的是它拆出的 %(n)s 单（%(parts)s），合计不同")
            gaps.append(Gap(no, "amount", order.amount_fen, mine.amount_fen, why, {"n": len(parts), "parts": "、".join(parts[:5])}))
        elif mine.amount_fen != order.amount_fen:
            gaps.append(Gap(no, "amount", order.amount_fen, mine.amount_fen, why_different(mine.version, order.updated_at)))
    for no, mine in ours.items():
        if no not in theirs and no not in unread:
            gaps.append(Gap(no, "unknown_there", 0, mine.amount_fen, gettext_noop("平台这一天没有这个订单：可能导入到了别的店铺，或平台不再提供")))
    return sorted(gaps, key=lambda gap: (gap.kind, gap.order_no))


def _why_missing(order: PlatformOrder, refused: tuple[str, str] | None, until: datetime | None) -> tuple[str, dict[str, Any]]:
    if refused:
        return gettext_noop("没能收下：%(why)s"), {"why": refused}
    not_yet = why_not_yet(order.updated_at, until, gettext_noop("还没轮到：已拉取到 %(until)s，这一单变化在 %(at)s"))
    return not_yet or (gettext_noop("拉取已经过了这一单的时间却没有它：请重新拉取这一天"), {})
