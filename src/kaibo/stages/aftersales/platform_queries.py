"""Reads of what platforms say of their cases, scoped by actor: what was strange, how far each channel was read, days beside theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kaibo.kit.errors import NotFound
from kaibo.master.shops.accounts import ChannelUnknown
from kaibo.master.shops.models import ChannelAccount
from kaibo.plumbing import kept_words
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.aftersales import words
from kaibo.stages.aftersales.case_pulling import can_be_read
from kaibo.stages.aftersales.merging import STRANGE_WORDS
from kaibo.stages.aftersales.platform_models import CaseAnomaly, CaseGapReport, CasePull, CaseRefusal

REPORTS_SHOWN = 30
GAPS_SHOWN = 50
REFUSALS_SHOWN = 50
STRANGE_SHOWN = 20


class CaseReportUnknown(NotFound):
    code = "aftersales.case_report_unknown"
    message_zh = "没有这份售后核对结果，或你看不到它"
    message_en = "There is no such comparison of cases, or you cannot see it"


@dataclass(frozen=True, slots=True)
class StrangeRow:
    case_id: UUID
    case_no: str
    platform: str
    what: str
    raw_status: str


@dataclass(frozen=True, slots=True)
class CaseChannelRow:
    """A connected channel: whether its cases are read, and how far."""

    account: ChannelAccount
    is_readable: bool
    pull: CasePull | None
    trouble: str


@dataclass(frozen=True, slots=True)
class CaseReportRow:
    report: CaseGapReport
    shown: list[dict[str, Any]]
    more: int


def strange_words(one: CaseAnomaly) -> str:
    """This function will say what was strange, in the reader's language, with the amounts where there are some."""
    said = words.word(STRANGE_WORDS, one.kind)
    if one.kind == "beyond_paid" and one.values:
        return _("%(what)s：退了 %(refunded)s，这一行只能记 %(borne)s") % {"what": said, **one.values}
    if one.kind == "below_ours" and one.values:
        return _("%(what)s：平台 %(theirs)s，我们登记了 %(ours)s") % {"what": said, **one.values}
    return said


def unseen(actor: Actor, *, shop_id: UUID | None = None) -> list[StrangeRow]:
    """This function will list what platforms said strangely and nobody has looked at, newest first."""
    found = CaseAnomaly.objects.filter(seen_at=None).select_related("case").order_by("-at")
    visible = access.visible(found, actor, "case__shop", shop_id=shop_id)
    return [StrangeRow(one.case_id, one.case.case_no, one.case.platform, strange_words(one), one.raw_status) for one in visible[:STRANGE_SHOWN]]


def strange_of(case_id: UUID) -> list[CaseAnomaly]:
    return list(CaseAnomaly.objects.filter(case=case_id).order_by("at"))


def channels_for(actor: Actor) -> list[CaseChannelRow]:
    """This function will list the connected channels an actor sees."""
    visible = access.visible(ChannelAccount.objects.select_related("channel__shop", "channel__case_pull"), actor, "channel__shop_id")
    rows = []
    for one in visible.order_by("channel__shop__name", "channel__platform"):
        pull = getattr(one.channel, "case_pull", None)
        trouble = kept_words.read(pull.trouble, pull.trouble_values) if pull else ""
        rows.append(CaseChannelRow(one, can_be_read(one), pull, trouble))
    return rows


def account_for(actor: Actor, channel_id: UUID) -> ChannelAccount:
    """This function will give a connected account.   Raises: ChannelUnknown."""
    account = ChannelAccount.objects.select_related("channel").filter(pk=channel_id).first()
    if account is None or not actor.sees(account.channel.shop_id):
        raise ChannelUnknown
    return account


def refusals_for(actor: Actor) -> QuerySet[CaseRefusal]:
    """This function will list the cases that could not be taken, newest first."""
    return access.visible(CaseRefusal.objects.select_related("channel"), actor, "channel__shop_id").order_by("-at")[:REFUSALS_SHOWN]


def reports_for(actor: Actor) -> list[CaseReportRow]:
    """This function will list the newest comparisons of cases, with the first gaps of each."""
    visible = access.visible(CaseGapReport.objects.select_related("channel", "channel__shop"), actor, "channel__shop_id")
    return [
        CaseReportRow(one, [{**gap, "kind_words": gap_kind(gap["kind"]), "why": gap_why(gap)} for gap in one.gaps[:GAPS_SHOWN]], max(0, len(one.gaps) - GAPS_SHOWN))
        for one in visible.order_by("-day", "channel")[:REPORTS_SHOWN]
    ]


def report_for(actor: Actor, report_id: UUID) -> CaseGapReport:
    """This function will give one comparison.   Raises: CaseReportUnknown."""
    report = CaseGapReport.objects.select_related("channel").filter(pk=report_id).first()
    if report is None or not actor.sees(report.channel.shop_id):
        raise CaseReportUnknown
    return report


def gap_why(gap: Mapping[str, Any]) -> str:
    """This function will give why both sides differ, in the reader's language."""
    return kept_words.read(gap["why"], gap.get("values", {}))


def gap_kind(kind: str) -> str:
    known = {"missing": _("我们没有这一单售后"), "amount": _("金额不同"), "status": _("状态不同"), "unknown_there": _("平台没有这一单售后")}
    return known.get(kind, kind)
