"""The shop of `bench evening`: its goods, its channels, and the turns of work it takes; imports Django."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

UNITS_IN_STOCK = 1_000_000
TRIES = 30


def open_shop(accounts_given: Mapping[str, Mapping[str, str]], goods: Mapping[str, tuple[str, int]], at: int) -> dict[str, str]:
    """This function will make the shop with `goods` (code → title and price in fen), connect each platform and give the channels by platform."""
    from kaibo.channels.asking import Pace
    from kaibo.config.setup import django_ready

    django_ready()
    from kaibo.kit.errors import KaiboError
    from kaibo.master.catalog.services import NewSku, add_product, ensure_category
    from kaibo.master.shops import accounts
    from kaibo.master.shops.services import add_channel, add_shop
    from kaibo.master.stock import services as stock
    from kaibo.plumbing.access.actor import KAIBO

    Pace.back_off = lambda *_: None  # type: ignore[method-assign,assignment]  two hours pass in minutes, so waiting does too
    now = datetime.fromtimestamp(at, UTC)
    shop = add_shop(actor=KAIBO, code="evening", name="双十一", company="测速", now=now)
    ensure_category(code="evening", title="测速", title_en="Bench")
    place = stock.ensure_warehouse(code="evening", name="测速仓")
    for code, (title, price_fen) in goods.items():
        made = add_product(
            actor=KAIBO, shop_id=shop.pk, code=f"P-{code}", title=title, category="evening", now=now,
            skus=[NewSku(code, title, price_fen // 2, price_fen)],
        )  # fmt: skip
        where = {"sku_id": made.skus.get().pk, "warehouse_id": place.pk, "lot_id": None, "quantity": UNITS_IN_STOCK, "reference": "bench", "now": now}
        stock.receive(actor=KAIBO, **where)
        stock.release(actor=KAIBO, **where)
    channels = {}
    for platform, given in accounts_given.items():
        channel = add_channel(actor=KAIBO, shop_id=shop.pk, platform=platform, name=platform, now=now)
        channels[platform] = str(channel.pk)
        for left in range(TRIES, 0, -1):
            try:
                accounts.connect_account(actor=KAIBO, channel_id=channel.pk, given=dict(given), code="simulated-code", now=now)
                break
            except KaiboError:
                if left == 1:
                    raise
    return channels


class Pullers:
    """Work processes that take turns at the channels; two never have one channel."""

    def __init__(self, count: int) -> None:
        spawn = get_context("spawn")
        self._pipes = []
        for _ in range(count):
            ours, theirs = spawn.Pipe()
            spawn.Process(target=_pull, args=(theirs,), daemon=True).start()
            theirs.close()
            self._pipes.append(ours)

    def pull(self, at: int) -> int:
        """This function will pull what is due at a second of the epoch and give how many orders said something new."""
        return sum(one for one in self._ask("pull", at) if one)

    def spent(self) -> dict[str, Any]:
        """This function will give CPU seconds of the processes and of the database's that serve them, and the peak memory of one."""
        told = self._ask("spent", 0)
        return {
            "cpu_seconds": sum(one["own"] for one in told), "database_cpu_seconds": sum(one["database"] or 0 for one in told),
            "peak_mb": max(one["peak_mb"] for one in told),
        }  # fmt: skip

    def _ask(self, what: str, at: int) -> list[Any]:
        for pipe in self._pipes:
            pipe.send((what, at))
        return [pipe.recv() for pipe in self._pipes]


def _pull(pipe: Connection) -> None:
    import resource

    from kaibo.channels.asking import Pace
    from kaibo.config.setup import django_ready

    django_ready()
    from kaibo.cli.benches.database_cpu import database_cpu_seconds
    from kaibo.stages.orders import pulling

    Pace.back_off = lambda *_: None  # type: ignore[method-assign,assignment]
    pulling.FIRST_REACH = timedelta(hours=1)
    while True:
        what, at = pipe.recv()
        if what == "pull":
            pipe.send(pulling.pull_due(datetime.fromtimestamp(at, UTC)))
        else:
            times = os.times()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            pipe.send({"own": times.user + times.system, "database": database_cpu_seconds(), "peak_mb": peak})


def compare(truth: Mapping[str, Any], channels: Mapping[str, str], begin: int) -> dict[str, Any]:
    """This function will hold every order of every platform against ours, and ask for the gap report of the day over HTTP."""
    from kaibo.config.setup import django_ready

    django_ready()
    from kaibo.channels.asking import Pace
    from kaibo.config import checks
    from kaibo.kit.clock import business_date
    from kaibo.kit.shop_channels import Can
    from kaibo.master.shops import accounts
    from kaibo.master.shops.models import ChannelAccount
    from kaibo.stages.orders import gaps
    from kaibo.stages.orders.models import Order, PullRefusal

    Pace.back_off = lambda *_: None  # type: ignore[method-assign,assignment]
    told: dict[str, Any] = {"platforms": {}}
    now = datetime.fromtimestamp(max(one["now"] for one in truth.values()), UTC)
    for platform, channel_id in channels.items():
        theirs = {no: one for no, one in truth[platform]["orders"].items() if one["is_shown"]}
        ours = dict(Order.objects.filter(platform=platform).values_list("order_no", "amount_fen"))
        figures = {
            "theirs": len(theirs), "ours": len(ours), "missing": len(theirs.keys() - ours.keys()), "unknown": len(ours.keys() - theirs.keys()),
            "amounts_differ": sum(1 for no in theirs.keys() & ours.keys() if theirs[no]["paid_fen"] != ours[no]),
            "theirs_fen": sum(one["paid_fen"] for one in theirs.values()), "ours_fen": sum(ours.values()),
            "refused": PullRefusal.objects.filter(channel_id=channel_id).count(), "calls": truth[platform]["calls"],
        }  # fmt: skip
        account = ChannelAccount.objects.select_related("channel").get(pk=channel_id)
        if Can.READ_MADE in accounts.kind_of(account.channel).capabilities.can:
            began = time.monotonic()
            report = gaps.make_report(account, accounts.open_account(account, now=now), business_date(datetime.fromtimestamp(begin, UTC)), now)
            figures |= {"gaps": len(report.gaps), "report_seconds": round(time.monotonic() - began, 1)}
        told["platforms"][platform] = figures
    told["differences"] = checks.differences()
    return told
