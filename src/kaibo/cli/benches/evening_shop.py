"""The shop of `bench evening`: its goods, its channels, and the turns of work it takes; imports Django."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

TRIES = 30
CARRIER = "顺丰"
BUFFERS = {"pdd": 2}
"""Units kept back where unpaid orders hold stock that nobody is told of: what a person would set on the page."""


def open_shop(accounts_given: Mapping[str, Mapping[str, str]], goods: Mapping[str, tuple[str, int]], units: int, at: int) -> dict[str, str]:
    """
    This function will make the shop with `goods` (code → title and price in fen), so many units of each, connect each platform and give the
    channels by platform.
    """
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
        where = {"sku_id": made.skus.get().pk, "warehouse_id": place.pk, "lot_id": None, "quantity": units, "reference": f"bench-{code}", "now": now}
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

    def release(self, at: int) -> int:
        """This function will let go and reserve what passed verification, and give how many orders wait for stock that is not there."""
        return int(self._ask("release", at)[0])

    def publish(self, at: int) -> int:
        """This function will tell the platforms how much they may sell, shared equally, and give how many items were told."""
        return int(self._ask("publish", at)[0])

    def ship(self, at: int, most: int) -> int:
        """This function will send at most so many parcels, each handed in by every process at once, and give how many left."""
        return sum(self._ask("ship", at, most))

    def spent(self) -> dict[str, Any]:
        """This function will give CPU seconds of the processes and of the database's that serve them, and the peak memory of one."""
        told = self._ask("spent", 0)
        return {
            "cpu_seconds": sum(one["own"] for one in told), "database_cpu_seconds": sum(one["database"] or 0 for one in told),
            "peak_mb": max(one["peak_mb"] for one in told),
        }  # fmt: skip

    def _ask(self, what: str, at: int, most: int = 0) -> list[Any]:
        for place, pipe in enumerate(self._pipes):
            pipe.send((what, at, most, place))
        return [pipe.recv() for pipe in self._pipes]


def _pull(pipe: Connection) -> None:
    import resource

    from kaibo.channels.asking import Pace
    from kaibo.config.setup import django_ready

    django_ready()
    from kaibo.cli.benches.database_cpu import database_cpu_seconds
    from kaibo.stages.orders import pulling

    works = {"pull": pulling.pull_due, "release": _release, "publish": _publish}
    Pace.back_off = lambda *_: None  # type: ignore[method-assign,assignment]
    pulling.FIRST_REACH = timedelta(hours=1)
    while True:
        try:
            what, at, most, place = pipe.recv()
        except EOFError:
            return
        now = datetime.fromtimestamp(at, UTC)
        if what == "ship":
            pipe.send(_ship(now, most))
        elif what in works:
            pipe.send(works[what](now) if what == "pull" or place == 0 else 0)
        else:
            times = os.times()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            pipe.send({"own": times.user + times.system, "database": database_cpu_seconds(), "peak_mb": peak})


def _release(now: datetime) -> int:
    from kaibo.plumbing.access.actor import KAIBO
    from kaibo.stages.orders import services, shipping
    from kaibo.stages.orders.models import Order

    services.release_passed(actor=KAIBO, shop_id=None, now=now)
    while shipping.allocate_released(now):
        pass
    return Order.objects.filter(state="paid", released_at__isnull=False).count()


def _publish(now: datetime) -> int:
    from django.db.models import Count

    from kaibo.master.stock.models import ChannelItem
    from kaibo.stages.orders import publishing

    listed = dict(ChannelItem.objects.values_list("sku").annotate(Count("channel", distinct=True)))
    for sku, channels in listed.items():  # a person would share it so on the page
        ChannelItem.objects.filter(sku=sku).exclude(is_on=True, share_bp=10_000 // channels).update(is_on=True, share_bp=10_000 // channels, next_try_at=now)
    for platform, units in BUFFERS.items():
        ChannelItem.objects.filter(channel__platform=platform).exclude(buffer_units=units).update(buffer_units=units, next_try_at=now)
    told = 0
    for _ in range(TRIES):
        more = publishing.publish_due(now)
        told += more
        if not more:
            break
    return told


def _ship(now: datetime, most: int) -> int:
    from kaibo.kit.errors import KaiboError
    from kaibo.plumbing.access.actor import KAIBO
    from kaibo.stages.orders import dispatching
    from kaibo.stages.orders.models import Dispatch, Order

    ready = Order.objects.filter(state="allocated").exclude(pk__in=Dispatch.objects.values("order")).order_by("pk")
    left = 0
    for order_id in list(ready.values_list("pk", flat=True)[:most]):
        try:
            made = dispatching.send_out(actor=KAIBO, order_id=order_id, carrier=CARRIER, tracking_no=f"SF{order_id.int % 10**13:013d}", now=now)
        except KaiboError:
            continue  # the other process has it in hand, or the platform is away: its turn comes again
        left += int(getattr(made, "shipment_id", None) is not None)
    for minutes in range(TRIES):
        if not dispatching.work_due(now + timedelta(minutes=minutes)):
            break
    return left


def compare(truth: Mapping[str, Any], channels: Mapping[str, str], begin: int, units: int) -> dict[str, Any]:
    """This function will hold every order of every platform against ours, and ask for the gap report of the day over HTTP."""
    from kaibo.config.setup import django_ready

    django_ready()
    from django.db.models import Count

    from kaibo.channels.asking import Pace
    from kaibo.config import checks
    from kaibo.kit.clock import business_date
    from kaibo.kit.shop_channels import Can
    from kaibo.master.shops import accounts
    from kaibo.master.shops.models import ChannelAccount
    from kaibo.stages.orders import gaps
    from kaibo.stages.orders.models import Dispatch, Order, PullRefusal

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
    there: dict[str, list[str]] = {}
    for platform in channels:
        for number, order_no in truth[platform]["waybills"]:
            there.setdefault(number, []).append(order_no)
    ours_told = dict(Dispatch.objects.filter(state=Dispatch.State.TOLD).values_list("tracking_no", "order__order_no"))
    told["parcels"] = len(ours_told)
    told["parcels_not_there"] = sum(1 for number, order_no in ours_told.items() if there.get(number) != [order_no])
    told["parcels_by_state"] = dict(Dispatch.objects.values_list("state").annotate(Count("pk")))
    told["sent_beyond"] = sum(truth[platform]["sent_beyond"] for platform in channels)
    sold: dict[str, int] = {}
    for platform in channels:
        for code, count in truth[platform]["units"].items():
            sold[code] = sold.get(code, 0) + count
    told |= {"units": units, "sold_most": max(sold.values()), "oversold_units": sum(max(0, count - units) for count in sold.values())}
    told |= {"sold_out_items": sum(count >= units for count in sold.values()), "turned_away": sum(truth[platform]["turned_away"] for platform in channels)}
    told["held"] = dict(Order.objects.exclude(hold_flags=[]).values_list("hold_reason").annotate(Count("pk")).order_by("-pk__count")[:5])
    told["differences"] = checks.differences()
    return told
