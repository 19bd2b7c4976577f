"""
Reading the after-sales cases of connected channels: by when they changed, by turns (`orders/turns`) as their orders are.

Their own mark and their own turn: a platform that does not let cases be read keeps no order back.   Source: ORD-1, AFT-1.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_noop

from kaibo.kit.errors import KaiboError
from kaibo.kit.shop_channels import Can, PlatformCase, ShopChannel, Window
from kaibo.kit.shop_windows import case_pages, windows
from kaibo.master.shops import accounts
from kaibo.master.shops.models import ChannelAccount
from kaibo.plumbing import kept_words
from kaibo.plumbing.shop_kinds import shop_kinds
from kaibo.stages.aftersales import platform_cases
from kaibo.stages.aftersales.platform_models import CasePull
from kaibo.stages.orders.turns import FIRST_REACH, Reading, Turn, may_begin, take_turn, taken_apart, walk

EVERY = timedelta(seconds=60)


def pull_due(now: datetime) -> int:
    """This function will read the cases of every connected channel whose turn it is; the clock gives how many said something new."""
    return sum(take_turn(CASES, account, now) for account in readable() if may_begin(CASES, account, now, reach=FIRST_REACH))


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


def _pull(turn: Turn, channel: ShopChannel) -> bool:
    platform_cases.link_waiting(turn.account, turn.now)
    due = windows(CasePull.objects.get(pk=turn.account.pk).pulled_until, turn.now, channel.capabilities)
    is_done = walk(CASES, turn, channel, due, lambda window: _pull_window(turn, channel, window))
    if is_done:
        platform_cases.settle_ended(turn.account, turn.now)
    return is_done


def _note(turn: Turn, complaint: KaiboError | None) -> None:
    mine = CasePull.objects.filter(pk=turn.account.pk)
    if complaint is None:
        mine.update(trouble="", trouble_values={})
        mine.filter(hinted_at__gt=turn.now).update(next_at=turn.clock())  # pushed while it was read: this turn may have looked before
    else:
        why = kept_words.kept({"why": (complaint.message("zh")[:200], complaint.message("en")[:200])})
        mine.update(trouble=gettext_noop("没读到售后：%(why)s"), trouble_values=why)


CASES = Reading(CasePull, every=EVERY, first_pause=EVERY, read=_pull, note=_note)


def _pull_window(turn: Turn, channel: ShopChannel, window: Window) -> None:
    """All cases of a window."""

    def refuse(one: PlatformCase, why: tuple[str, str]) -> None:
        platform_cases.refuse(turn.account, one.case_no, gettext_noop("没能收下：%(why)s"), turn.clock(), {"why": why})

    for page in case_pages(channel, window, clock=turn.clock):
        turn.taken += taken_apart(page.cases, lambda some: platform_cases.take(turn.account, some, turn.clock()), refuse)
        for unread in page.refused:
            platform_cases.refuse(turn.account, unread.number, gettext_noop("平台给的内容读不懂：%(why)s"), turn.clock(), {"why": unread.why})
