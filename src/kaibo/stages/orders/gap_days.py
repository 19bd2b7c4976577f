"""What reports of gaps have in common, of orders and of after-sales cases: which days are due, a day cut as its platform allows, and why sides differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db.models import Model
from django.utils.translation import gettext_noop

from kaibo.kit.clock import business_date, screen_time
from kaibo.kit.errors import KaiboError
from kaibo.kit.shop_channels import Capabilities, ShopChannel, Window
from kaibo.master.shops import accounts
from kaibo.master.shops.models import ChannelAccount

EVERY = timedelta(hours=1)
MOST_GAPS = 5_000

MakeReport = Callable[[ChannelAccount, ShopChannel, date, datetime], object]


def report_days(reports: type[Model], account: ChannelAccount, now: datetime, make: MakeReport) -> int:
    """This function will report yesterday and today of a channel where an hour has passed since the last time, and give how many days."""
    made = 0
    for day in (business_date(now) - timedelta(days=1), business_date(now)):
        stands = reports._default_manager.filter(channel_id=account.pk, day=day).values_list("made_at", flat=True).first()
        if stands is None or stands <= now - EVERY:
            try:
                make(account, accounts.open_account(account, now=now), day, now)
            except KaiboError:
                break  # the next reading of this channel tells what is wrong
            made += 1
    return made


def parts_of(begin: datetime, end: datetime, limits: Capabilities, by: Literal["changed", "made"]) -> Iterator[Window]:
    """This function will cut exactly that time into windows a platform accepts, without overlap: a day is asked about, not a mark moved."""
    while begin < end:
        stop = min(end, begin + limits.longest(by))
        yield Window(begin, stop, by)
        begin = stop


def why_different(ours_of: datetime, theirs_of: datetime) -> str:
    """This function will say why two sides differ, by the change each stands at."""
    return gettext_noop("还没拉到最新一次变化") if ours_of < theirs_of else gettext_noop("两边都是最新的一次变化，请人工核对")


def why_not_yet(changed_at: datetime, read_until: datetime | None, waits: str) -> tuple[str, dict[str, Any]] | None:
    """This function will say why something need not be here yet, with `waits` as the sentence for what comes after the mark; None where it should be."""
    if read_until is None:
        return gettext_noop("还没有拉取过"), {}
    if changed_at >= read_until:
        return waits, {"until": screen_time(read_until), "at": screen_time(changed_at)}
    return None
