"""Cases of platforms: are all of them here, and if not, why? And what a platform said strangely."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kaibo.kit.clock import business_date
from kaibo.master.shops import accounts
from kaibo.plumbing import kept_words
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.intake.kinds import Cell, ExportColumn
from kaibo.plumbing.intake.writing import write_lines
from kaibo.stages.aftersales import case_gaps, platform_cases, platform_queries
from kaibo.stages.aftersales.permissions import EXPORT, IMPORT, SEE
from kaibo.stages.aftersales.views import platform_names


@require_GET
def platforms(request: ConsoleRequest) -> HttpResponse:
    """Are all cases of the platforms here, and if not, why?"""
    access.require(request.actor, SEE)
    refusals = [(one, kept_words.read(one.why, one.values)) for one in platform_queries.refusals_for(request.actor)]
    context = {
        "rows": platform_queries.channels_for(request.actor), "reports": platform_queries.reports_for(request.actor), "refusals": refusals,
        "strange": platform_queries.unseen(request.actor), "names": platform_names(), "today": business_date(request.now),
        "may_pull": request.actor.can(IMPORT), "may_export": request.actor.can(EXPORT),
    }  # fmt: skip
    return render(request, "aftersales/platforms.html", context)


@require_POST
def compare(request: ConsoleRequest, channel_id: UUID) -> HttpResponse:
    account = platform_queries.account_for(request.actor, channel_id)
    access.require(request.actor, IMPORT, shop_id=account.channel.shop_id)
    report = case_gaps.make_report(account, accounts.open_account(account, now=request.now), _day(request.POST.get("day", ""), request.now), request.now)
    words = _("两边一致：%(n)s 单售后") % {"n": report.platform_cases} if not report.gaps else _("有 %(n)s 处差异") % {"n": len(report.gaps)}
    return done(request, words, "aftersales:platforms")


@require_GET
def gaps_file(request: ConsoleRequest, report_id: UUID) -> HttpResponse:
    report = platform_queries.report_for(request.actor, report_id)
    access.require(request.actor, EXPORT, shop_id=report.channel.shop_id)
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"售后差异-{report.channel.platform}-{report.day}.csv")
    columns = [
        ExportColumn("case_no", _("售后单号")), ExportColumn("order_no", _("订单编号")), ExportColumn("kind", _("差在哪里")),
        ExportColumn("platform_fen", _("平台金额"), Cell.MONEY), ExportColumn("our_fen", _("我们的金额"), Cell.MONEY), ExportColumn("why", _("原因")),
    ]  # fmt: skip
    write_lines(answer, columns, (
        (gap["case_no"], gap["order_no"], platform_queries.gap_kind(gap["kind"]), gap["platform_fen"], gap["our_fen"], platform_queries.gap_why(gap))
        for gap in report.gaps
    ))  # fmt: skip
    return answer


@require_POST
def seen(request: ConsoleRequest, case_id: UUID) -> HttpResponse:
    platform_cases.mark_seen(actor=request.actor, case_id=case_id, now=request.now)
    return done(request, _("已记下你看过了"), "aftersales:case", case_id)


def _day(given: str, now: datetime) -> date:
    try:
        return min(date.fromisoformat(given), business_date(now))
    except ValueError:
        return business_date(now)
