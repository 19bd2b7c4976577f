"""When an announcement is in time, where links may lead, what a click may remember. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kaibo.kit.errors import Conflict, Invalid


class Platform(StrEnum):
    """Where a link is spread.   Source: WRM-4."""

    WEIBO = "weibo"
    WECHAT = "wechat"
    DOUYIN = "douyin"
    XIAOHONGSHU = "xiaohongshu"
    TAOBAO = "taobao"
    JD = "jd"
    KOL = "kol"
    OFFLINE = "offline"


class Timing(StrEnum):
    """How an announcement stands to its window."""

    EARLY = "early"
    DUE = "due"
    LATE = "late"


class LateReasonNeeded(Invalid):
    code = "warmup.late_reason_needed"
    message_zh = "离开播只剩 {days} 天，少于 {least} 天；要现在发布请写明原因"
    message_en = "Only {days} days are left, fewer than {least}; say why it goes out now"


class WordsForbidden(Invalid):
    code = "warmup.words_forbidden"
    message_zh = "预告里有不能说的话：{hits}"
    message_en = "The announcement holds words that may not be said: {hits_en}"


class WordsUndecided(Conflict):
    code = "warmup.words_undecided"
    message_zh = "预告里的“{hit}”要合规的人判断后才能发布"
    message_en = "Compliance must decide on “{hit}” before the announcement goes out"


class AlreadyPublished(Conflict):
    code = "warmup.already_published"
    message_zh = "预告已发布；要改请先撤回"
    message_en = "The announcement is out; withdraw it before changing it"


class NothingToPublish(Invalid):
    code = "warmup.nothing_to_publish"
    message_zh = "先写标题和正文"
    message_en = "Write a headline and a text first"


class TargetNotALink(Invalid):
    code = "warmup.target_not_a_link"
    message_zh = "目标网址要以 https:// 或 http:// 开头"
    message_en = "The address must begin with https:// or http://"


@dataclass(frozen=True, slots=True)
class Lead:
    """How many whole days are left until the show, and the window (least, most) an announcement should go out in."""

    days: int
    least: int
    most: int
    timing: Timing
    opens_at: datetime
    closes_at: datetime


def lead(starts_at: datetime, at: datetime, *, least_days: int, most_days: int) -> Lead:
    """
    This function will say whether a moment lies in the window for an announcement: three to five days before the show.

    The window is half open: from `most_days` before on, until `least_days` before.   Source: WRM-1.
    """
    opens_at = starts_at - timedelta(days=most_days)
    closes_at = starts_at - timedelta(days=least_days)
    timing = Timing.EARLY if at < opens_at else Timing.DUE if at <= closes_at else Timing.LATE
    return Lead(max((starts_at - at) // timedelta(days=1), 0), least_days, most_days, timing, opens_at, closes_at)


def check_target(address: str) -> None:
    """This function will refuse what is no web address; an empty one stands for the session's own room.   Raises: TargetNotALink."""
    if address and not address.startswith(("https://", "http://")):
        raise TargetNotALink
