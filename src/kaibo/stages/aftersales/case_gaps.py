"""
A platform's cases of a day beside ours: N there, N here, which are missing or different, and why.   Source: ORD-1.

Counted by when a case last changed, on Shanghai's day, since every platform lists them so. The platform is asked anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_noop

from kaibo.kit.clock import day_bounds
from kaibo.kit.shop_channels import PlatformCase, ShopChannel
from kaibo.kit.shop_windows import case_pages
from kaibo.master.shops.models import ChannelAccount
from kaibo.stages.aftersales.case_pulling import readable
from kaibo.stages.aftersales.models import Case
from kaibo.stages.aftersales.platform_cases import BOOKED_CURRENCY
from kaibo.stages.aftersales.platform_models import CaseGapReport, CasePull, CaseRefusal
from kaibo.stages.orders.gap_days import MOST_GAPS, parts_of, report_days, why_different, why_not_yet


@dataclass(frozen=True, slots=True)
class CaseGap:
    """One case on which both sides differ; `kind`: missing, amount, status, unknown_there; `why` is a kept sentence."""

    case_no: str
    order_no: str
    kind: str
    platform_fen: int
    our_fen: int
    why: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ours:
    order_no: str
    asked_fen: int
    raw_status: str
    version: datetime


def report_due(now: datetime) -> int:
    """This function will compare yesterday's and today's cases of every readable channel, once an hour; the clock gives how many."""
    made = 0
    for account in readable():
        pull = CasePull.objects.filter(pk=account.pk).first()
        if pull is not None and not pull.trouble and not account.trouble:
            made += report_days(CaseGapReport, account, now, make_report)
    return made


def make_report(account: ChannelAccount, channel: ShopChannel, day: date, now: datetime) -> CaseGapReport:
    """This function will ask the platform for every case that changed on a day and write down where we differ.   Raises: what a ShopChannel raises."""
    begin, end = day_bounds(day)
    end = min(end, now)
    theirs: dict[str, PlatformCase] = {}
    unread: dict[str, str] = {}
    for part in parts_of(begin, end, channel.capabilities, "changed"):
        for page in case_pages(channel, part, clock=lambda: now):
            theirs |= {one.case_no: one for one in page.cases if begin <= one.updated_at <= end}
            unread |= {one.number: one.why for one in page.refused}
    ours = _ours(account, begin, end, list(theirs))
    gaps = _gaps(account, theirs, unread, ours)
    report, _ = CaseGapReport.objects.update_or_create(
        channel_id=account.pk, day=day,
        defaults={
            "platform_cases": len(theirs) + len(unread), "our_cases": len(ours), "platform_fen": sum(_fen(one) for one in theirs.values()),
            "our_fen": sum(one.asked_fen for one in ours.values()), "gaps": [asdict(gap) for gap in gaps[:MOST_GAPS]], "made_at": now,
        },
    )  # fmt: skip
    return report


def _ours(account: ChannelAccount, begin: datetime, end: datetime, numbers: list[str]) -> dict[str, Ours]:
    mine = Case.objects.filter(platform=account.channel.platform, shop=account.channel.shop_id)
    changed = mine.filter(source_version__gte=begin, source_version__lt=end).exclude(platform_state="")
    columns = ("case_no", "order_no", "asked_fen", "raw_status", "source_version")
    return {no: Ours(*rest) for rows in (changed, mine.filter(case_no__in=numbers)) for no, *rest in rows.values_list(*columns)}


def _fen(case: PlatformCase) -> int:
    return case.refund_fen if case.currency == BOOKED_CURRENCY else 0


def _gaps(account: ChannelAccount, theirs: Mapping[str, PlatformCase], unread: Mapping[str, str], ours: Mapping[str, Ours]) -> list[CaseGap]:
    refused = {no: (why, values) for no, why, values in CaseRefusal.objects.filter(channel_id=account.pk).values_list("case_no", "why", "values")}
    until = CasePull.objects.filter(pk=account.pk).values_list("pulled_until", flat=True).first()
    gaps = [CaseGap(no, "", "missing", 0, 0, gettext_noop("平台给的内容读不懂：%(why)s"), {"why": why}) for no, why in unread.items() if no not in ours]
    for no, case in theirs.items():
        mine = ours.get(no)
        if mine is None:
            gaps.append(CaseGap(no, case.order_no, "missing", _fen(case), 0, *_why_missing(case, refused.get(no), until)))
        elif mine.asked_fen != case.refund_fen or mine.raw_status != case.raw_status[:60]:
            kind = "amount" if mine.asked_fen != case.refund_fen else "status"
            gaps.append(CaseGap(no, case.order_no, kind, _fen(case), mine.asked_fen, why_different(mine.version, case.updated_at)))
    for no, mine in ours.items():
        if no not in theirs and no not in unread:
            why = gettext_noop("平台这一天没有这一单售后：可能又有了变化，或导入到了别的店铺")
            gaps.append(CaseGap(no, mine.order_no, "unknown_there", 0, mine.asked_fen, why))
    return sorted(gaps, key=lambda gap: (gap.kind, gap.case_no))


def _why_missing(case: PlatformCase, refused: tuple[str, dict[str, Any]] | None, until: datetime | None) -> tuple[str, dict[str, Any]]:
    if refused:
        return refused
    not_yet = why_not_yet(case.updated_at, until, gettext_noop("还没轮到：售后已读到 %(until)s，这一单变化在 %(at)s"))
    return not_yet or (gettext_noop("读取已经过了这一单的时间却没有它：请重新读这一天"), {})
