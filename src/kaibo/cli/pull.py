"""`./kaibo pull`: connect a channel to its platform, pull its orders, compare a day."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from kaibo.config import logs
from kaibo.config.catalogues import compile_stale
from kaibo.kit.clock import business_date, screen_time, utc_now
from kaibo.kit.errors import Invalid, KaiboError


class AccountFileUnreadable(Invalid):
    code = "pull.account_file_unreadable"
    message_zh = "账号文件 {file} 读不到，或不是一个 JSON 对象"
    message_en = "The account file {file} cannot be read, or is no JSON object"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    tools = parser.add_subparsers(metavar="TOOL", required=True, dest="tool")
    tools.add_parser("list", help="渠道与拉取进度 · channels and how far they were pulled")
    connecting = tools.add_parser("connect", help="对接一个渠道 · connect a channel to its platform")
    connecting.add_argument("channel", type=UUID)
    connecting.add_argument("file", type=Path, help="账号设置，JSON · the account's settings, JSON (app_key, app_secret, …)")
    connecting.add_argument("--code", default="", help="授权码，自用型应用留空 · the authorisation code; none for self-use apps")
    tools.add_parser("now", help="立即拉取所有渠道 · pull all channels now")
    tools.add_parser("stock", help="立即发布渠道库存，列出对不上的 · publish stock to channels now, list what differs")
    comparing = tools.add_parser("gaps", help="与平台核对一天 · compare a day with the platform")
    comparing.add_argument("channel", type=UUID)
    comparing.add_argument("--cases", action="store_true", help="核对售后单而不是订单 · compare after-sales cases instead of orders")
    comparing.add_argument("--day", default="", help="YYYY-MM-DD（默认今天 · today）")


def run(args: argparse.Namespace) -> int:
    logs.set_up()
    compile_stale()
    # Loaded late: it sets Django up, which `--help` must not need.
    from kaibo.config.setup import django_ready

    django_ready()
    return {"list": _list, "connect": _connect, "now": _now, "stock": _stock, "gaps": _gaps}[args.tool](args)


def _list(_: argparse.Namespace) -> int:
    from kaibo.master.shops.models import Channel
    from kaibo.plumbing.shop_kinds import shop_kinds
    from kaibo.stages.orders.channel_words import way_out
    from kaibo.stages.orders.models import Pull

    pulls = {one.pk: one for one in Pull.objects.all()}
    for channel in Channel.objects.select_related("shop", "account").order_by("shop__name", "platform"):
        account, pull = getattr(channel, "account", None), pulls.get(channel.pk)
        state = "可对接" if channel.platform in shop_kinds() else "用文件"
        if account is not None:
            state = " ".join(filter(None, (account.trouble_words, way_out(account.trouble, account.trouble_words)))) or (f"已拉取到 {screen_time(pull.pulled_until)}" if pull else "已对接")
        print(f"{channel.pk}  {channel.get_platform_display()}  {channel.shop.name} · {channel.name}  {state}")
    return 0


def _connect(args: argparse.Namespace) -> int:
    from kaibo.master.shops import accounts
    from kaibo.plumbing.access.actor import KAIBO

    try:
        given = json.loads(args.file.read_bytes())
        if not isinstance(given, dict):
            raise TypeError
    except (OSError, ValueError, TypeError):
        raise AccountFileUnreadable(file=str(args.file)) from None
    try:
        accounts.connect_account(actor=KAIBO, channel_id=args.channel, given={str(k): str(v) for k, v in given.items()}, code=args.code, now=utc_now())
    except KaiboError as complaint:
        _say_way_out(complaint)
        raise
    sys.stderr.write("已对接 · connected\n")
    return 0


def _say_way_out(complaint: KaiboError) -> None:
    from django.utils.translation import override

    from kaibo.stages.orders.channel_words import way_out

    for language in ("zh-hans", "en"):
        with override(language):
            if said := way_out(complaint.code, complaint.message()):
                sys.stderr.write(f"{said}\n")


def _now(_: argparse.Namespace) -> int:
    from kaibo.stages.aftersales import case_pulling
    from kaibo.stages.aftersales.platform_models import CasePull
    from kaibo.stages.orders import pulling
    from kaibo.stages.orders.models import Pull

    Pull.objects.filter(failures__gte=0).update(next_at=utc_now())
    orders = pulling.pull_due(utc_now())
    CasePull.objects.update(next_at=utc_now())
    print(json.dumps({"changed": orders, "cases": case_pulling.pull_due(utc_now())}))
    return 0


def _stock(_: argparse.Namespace) -> int:
    from kaibo.master.stock.models import ChannelItem
    from kaibo.stages.orders import publishing

    told = publishing.publish_due(utc_now())
    wrong = ChannelItem.objects.filter(is_on=True).exclude(state__in=["same", "unread", "never"]).select_related("channel", "sku")
    rows = [
        {"channel": one.channel.name, "item": one.sku.code, "told": one.published_units, "shown": one.shown_units, "state": one.state, "why": one.problem_zh}
        for one in wrong
    ]
    print(json.dumps({"told": told, "differences": rows}, ensure_ascii=False))
    return 1 if rows else 0


def _gaps(args: argparse.Namespace) -> int:
    from datetime import date

    from kaibo.master.shops import accounts
    from kaibo.master.shops.models import ChannelAccount
    from kaibo.stages.orders import channel_queries, gaps

    now = utc_now()
    account = ChannelAccount.objects.select_related("channel").filter(pk=args.channel).first()
    if account is None:
        raise accounts.ChannelUnknown
    day = date.fromisoformat(args.day) if args.day else business_date(now)
    if args.cases:
        return _case_gaps(account, day, now)
    report = gaps.make_report(account, accounts.open_account(account, now=now), day, now)
    told: dict[str, Any] = {"day": str(day), "platform": report.platform_orders, "ours": report.our_orders, "platform_fen": report.platform_fen, "our_fen": report.our_fen}
    told |= {"gaps": [{**gap, "why": channel_queries.gap_why(gap)} for gap in report.gaps]}
    print(json.dumps(told, ensure_ascii=False))
    return 1 if report.gaps else 0


def _case_gaps(account: Any, day: Any, now: Any) -> int:
    from kaibo.master.shops import accounts
    from kaibo.stages.aftersales import case_gaps, platform_queries

    report = case_gaps.make_report(account, accounts.open_account(account, now=now), day, now)
    told: dict[str, Any] = {"day": str(day), "platform": report.platform_cases, "ours": report.our_cases, "platform_fen": report.platform_fen, "our_fen": report.our_fen}
    told |= {"gaps": [{**gap, "why": platform_queries.gap_why(gap)} for gap in report.gaps]}
    print(json.dumps(told, ensure_ascii=False))
    return 1 if report.gaps else 0
