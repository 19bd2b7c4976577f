"""
Reading the after-sales cases of connected channels: by when they changed, in windows that overlap, as their orders are read.

Their own mark and their own turn: a platform that does not let cases be read keeps no order back.   Source: ORD-1, AFT-1.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError
from django.db.models import F
from django.utils.translation import gettext_noop

from kaibo.kit.errors import KaiboError
from kaibo.kit.shop_channels import Can, CasePage, ShopChannel, Window
from kaibo.kit.shop_complaints import ShopThrottled, ShopTokenExpired
from kaibo.kit.shop_windows import case_pages, windows
from kaibo.master.shops import accounts
from kaibo.master.shops.models import ChannelAccount
from kaibo.plumbing import kept_words
from kaibo.plumbing.shop_kinds import shop_kinds
from kaibo.stages.aftersales import platform_cases
from kaibo.stages.aftersales.platform_models import CasePull
from kaibo.stages.orders.pulling import FIRST_REACH, LEASE, LONGEST_PAUSE, Turn

log = logging.getLogger("kaibo.case_pulling")

EVERY = timedelta(seconds=60)


def pull_due(now: datetime) -> int:
    """This function will read the cases of every connected channel whose turn it is; the clock gives how many said something new."""
    return sum(_pull_one(account, now) for account in readable() if _begin(account, now))


def readable() -> list[ChannelAccount]:
    """This function will list the connected channels whose platform lets cases be read."""
    return [one for one in accounts.accounts_on() if can_be_read(one)]


def can_be_read(account: ChannelAccount) -> bool:
    """This function will say whether the platform of an account lets cases be read."""
    kind = shop_kinds().get(account.channel.platform)
    return kind is not None and Can.READ_CASES in kind.capabilities.can


def note_hint(channel_id: UUID, now: datetime) -> None:
    """
    This function will give a channel its turn at once, since its platform pushed; while it is being read, right after that.

    A channel in trouble keeps its pause. However often and late it is told, cases are read as the platform shows them.
    """
    mine = CasePull.objects.filter(pk=channel_id)
    mine.update(hinted_at=now)
    mine.filter(failures=0, next_at__gt=now, next_at__lte=now + EVERY).update(next_at=now)


def _begin(account: ChannelAccount, now: datetime) -> bool:
    CasePull.objects.get_or_create(pk=account.pk, defaults={"pulled_until": now - FIRST_REACH, "next_at": now})
    return bool(CasePull.objects.filter(pk=account.pk, next_at__lte=now).update(next_at=now + LEASE))  # one process has the turn


def _pull_one(account: ChannelAccount, now: datetime) -> int:
    turn = Turn(account, now)
    mine = CasePull.objects.filter(pk=account.pk)
    try:
        try:
            is_done = _pull(turn, accounts.open_account(account, now=now))
        except ShopTokenExpired:
            is_done = _pull(turn, accounts.renew_account(account, now=turn.clock()))
    except KaiboError as complaint:
        pause = min(LONGEST_PAUSE, EVERY * 2 ** min(mine.get().failures, 4))
        if isinstance(complaint, ShopThrottled):
            pause = max(pause, timedelta(seconds=complaint.details.get("retry_after_seconds", 0)))
        why = kept_words.kept({"why": (complaint.message("zh")[:200], complaint.message("en")[:200])})
        mine.update(
            next_at=turn.clock() + pause, failures=F("failures") + 1, taken=F("taken") + turn.taken, trouble=gettext_noop("没读到售后：%(why)s"), trouble_values=why
        )
        log.warning("cases of a channel could not be read", extra={"channel": str(account.pk), "reason": complaint.code})
    else:
        next_at = turn.clock() + EVERY if is_done else turn.clock()
        mine.update(next_at=next_at, failures=0, pulled_at=now, taken=F("taken") + turn.taken, trouble="", trouble_values={})
        mine.filter(hinted_at__gt=now).update(next_at=turn.clock())  # pushed while it was read: this turn may have looked before
    return turn.taken


def _pull(turn: Turn, channel: ShopChannel) -> bool:
    """Whether the turn came to an end; False: its time was up first."""
    platform_cases.link_waiting(turn.account, turn.now)
    begin = CasePull.objects.get(pk=turn.account.pk).pulled_until
    for window in windows(begin, turn.now, channel.capabilities):
        pull_window(turn, channel, window)
        CasePull.objects.filter(pk=turn.account.pk, pulled_until__lt=window.end).update(pulled_until=window.end)
        if turn.is_over:
            return window.end >= turn.now - channel.capabilities.settle
    platform_cases.settle_ended(turn.account, turn.now)
    return True


def pull_window(turn: Turn, channel: ShopChannel, window: Window) -> None:
    """This function will take all cases of a window.   Raises: what a ShopChannel raises."""
    for page in case_pages(channel, window, clock=turn.clock):
        turn.taken += _take_page(turn, page)
        for unread in page.refused:
            platform_cases.refuse(turn.account, unread.number, gettext_noop("平台给的内容读不懂：%(why)s"), turn.clock(), {"why": unread.why})


def _take_page(turn: Turn, page: CasePage) -> int:
    """All of it together; what the database will not have is written down by itself and keeps the others not out."""
    try:
        return platform_cases.take(turn.account, page.cases, turn.clock())
    except (KaiboError, DatabaseError, ValueError):
        taken = 0
        for one in page.cases:
            try:
                taken += platform_cases.take(turn.account, [one], turn.clock())
            except (KaiboError, DatabaseError, ValueError) as wrong:
                why = (wrong.message("zh"), wrong.message("en")) if isinstance(wrong, KaiboError) else (type(wrong).__name__,) * 2
                platform_cases.refuse(turn.account, one.case_no, gettext_noop("没能收下：%(why)s"), turn.clock(), {"why": why})
                log.warning("a case could not be taken", extra={"channel": str(turn.account.pk), "reason": type(wrong).__name__})
        return taken
