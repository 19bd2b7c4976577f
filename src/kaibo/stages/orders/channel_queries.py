"""Reads of connected channels and gap reports, scoped by actor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from kaibo.kit.errors import NotFound
from kaibo.master.shops.accounts import ChannelUnknown
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.plumbing import kept_words
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.orders.models import GapReport, Pull

REPORTS_SHOWN = 30
GAPS_SHOWN = 50


class ReportUnknown(NotFound):
    code = "orders.report_unknown"
    message_zh = "没有这份核对结果，或你看不到它"
    message_en = "There is no such comparison, or you cannot see it"


@dataclass(frozen=True, slots=True)
class ChannelRow:
    channel: Channel
    account: ChannelAccount | None
    pull: Pull | None


@dataclass(frozen=True, slots=True)
class ReportRow:
    report: GapReport
    shown: list[dict[str, object]]
    more: int


def channels_for(actor: Actor) -> list[ChannelRow]:
    """This function will list the channels of platforms an actor sees, connected ones first."""
    visible = access.visible(Channel.objects.filter(is_active=True).exclude(platform="own"), actor, "shop_id")
    found = list(visible.select_related("shop", "account", "pull").order_by("shop__name", "platform", "name"))
    rows = [ChannelRow(one, getattr(one, "account", None), getattr(one, "pull", None)) for one in found]
    return sorted(rows, key=lambda row: row.account is None)


def account_for(actor: Actor, channel_id: UUID) -> ChannelAccount:
    """This function will give a connected account.   Raises: ChannelUnknown."""
    account = ChannelAccount.objects.select_related("channel").filter(pk=channel_id).first()
    if account is None or not actor.sees(account.channel.shop_id):
        raise ChannelUnknown
    return account


def pushed_account(channel_id: UUID) -> ChannelAccount:
    """This function will give the account a push is for; its signature decides who may.   Raises: ChannelUnknown."""
    account = ChannelAccount.objects.select_related("channel").filter(pk=channel_id, is_on=True).first()
    if account is None:
        raise ChannelUnknown
    return account


def reports_for(actor: Actor) -> list[ReportRow]:
    """This function will list the newest comparisons, with the first gaps of each."""
    visible = access.visible(GapReport.objects.select_related("channel", "channel__shop"), actor, "channel__shop_id")
    return [
        ReportRow(one, [{**gap, "kind_words": gap_kind(gap["kind"]), "why": gap_why(gap)} for gap in one.gaps[:GAPS_SHOWN]], max(0, len(one.gaps) - GAPS_SHOWN))
        for one in visible.order_by("-day", "channel")[:REPORTS_SHOWN]
    ]


def report_for(actor: Actor, report_id: UUID) -> GapReport:
    """This function will give one comparison.   Raises: ReportUnknown."""
    report = GapReport.objects.select_related("channel").filter(pk=report_id).first()
    if report is None or not actor.sees(report.channel.shop_id):
        raise ReportUnknown
    return report


def gap_why(gap: Mapping[str, Any]) -> str:
    """This function will give why both sides differ, in the reader's language."""
    return kept_words.read(gap["why"], gap.get("values", {}))


def gap_kind(kind: str) -> str:
    return {"missing": _("我们没有这一单"), "amount": _("金额不同"), "unknown_there": _("平台没有这一单")}.get(kind, kind)
