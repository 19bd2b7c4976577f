"""What holds for the talk of a room: complaints, limits, and how the host's words are read across line borders. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.language.screening import Hit

MOST_MUTE_MINUTES: Final = 7 * 24 * 60
MOST_TEXT: Final = 200
MOST_TITLE: Final = 60
MOST_OPTION: Final = 20
MOST_POLL_MINUTES: Final = 60
MOST_KEYWORDS: Final = 5
LEAST_COOLDOWN_SECONDS: Final = 10
TAIL_CHARACTERS: Final = 24
"""So much of the line before is read together with a new one: no forbidden word is longer."""

_SPOKEN = re.compile(r"[㐀-鿿]|[A-Za-z]+|\d+(?:\.\d+)?")


class TalkReasonNeeded(Invalid):
    code = "live.talk_reason_needed"
    message_zh = "请写明原因"
    message_en = "Say why"


class MuteOutOfRange(Invalid):
    code = "live.mute_out_of_range"
    message_zh = "禁言时长要在 1 分钟到 7 天之间"
    message_en = "A mute lasts 1 minute to 7 days"


class VisitorUnknown(NotFound):
    code = "live.visitor_unknown"
    message_zh = "没有这位观众的发言"
    message_en = "This visitor has said nothing here"


class MessageDecided(Conflict):
    code = "live.message_decided"
    message_zh = "这条消息已有人处理"
    message_en = "Somebody has dealt with this message already"


class QuestionSettled(Conflict):
    code = "live.question_settled"
    message_zh = "这个问题已有人处理"
    message_en = "Somebody has settled this question already"


class SayingEmpty(Invalid):
    code = "live.saying_empty"
    message_zh = "要写 1 至 {most} 个字"
    message_en = "Write 1 to {most} characters"


class SayingBlocked(Invalid):
    code = "live.saying_blocked"
    message_zh = "有不能说的话：{hits}"
    message_en = "It holds words that may not be said: {hits_en}"


class PollWrong(Invalid):
    code = "live.poll_wrong"
    message_zh = "投票要有题目和 2 至 6 个不同的选项（各不超过 20 字），最长 60 分钟"
    message_en = "A poll has a title, 2 to 6 different options of up to 20 characters, and lasts up to 60 minutes"


class PollIsOpen(Conflict):
    code = "live.poll_is_open"
    message_zh = "还有一个投票没有结束，先结束它"
    message_en = "A poll is still open; close it first"


class PollNotOpen(Conflict):
    code = "live.poll_not_open"
    message_zh = "这个投票已经结束"
    message_en = "This poll is over already"


class ReplyWrong(Invalid):
    code = "live.reply_wrong"
    message_zh = "自动回复要 1 至 5 个关键词（每个 2 至 20 字），冷却不少于 10 秒"
    message_en = "A keyword reply has 1 to 5 keywords of 2 to 20 characters and a pause of at least 10 seconds"


class ReplyUnknown(NotFound):
    code = "live.reply_unknown"
    message_zh = "没有这条回复，或还没有批准"
    message_en = "There is no such reply, or it is not approved"


class ReplyDecided(Conflict):
    code = "live.reply_decided"
    message_zh = "这条回复已有人处理"
    message_en = "Somebody has decided on this reply already"


class ReplyNeedsSecond(Conflict):
    code = "live.reply_needs_second"
    message_zh = "要由第二个人批准，不能批准自己写的回复"
    message_en = "A second person approves; you cannot approve your own reply"


class HitUnknown(NotFound):
    code = "live.hit_unknown"
    message_zh = "没有这条口播提醒"
    message_en = "There is no such hit in the host's words"


class HitSettled(Conflict):
    code = "live.hit_settled"
    message_zh = "这条口播提醒已有人处理"
    message_en = "Somebody has acknowledged this hit already"


class NothingHeard(Invalid):
    code = "live.nothing_heard"
    message_zh = "一次要有 1 至 200 行，每行 1 至 500 字，并带时区的时间"
    message_en = "Send 1 to 200 lines of 1 to 500 characters, each with a time that names its zone"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a line says: new objections with places in it (below zero: it began in the line before), and which of the line before stand."""

    hits: tuple[Hit, ...]
    standing: frozenset[tuple[int, int]]
    """(start, end) in the line before of objections that still hold, now that one knows how it went on."""


def heard(before: str, text: str, screen: Callable[[str], Sequence[Hit]]) -> Heard:
    """
    This function will read a line of speech as the continuation of the one before it.

    A recogniser cuts where the host breathes: 全国第 | 一 is one word, and 最 | 后五件 is none.   Source: CMP-9.
    """
    tail = before[-TAIL_CHARACTERS:]
    border, dropped = len(tail), len(before) - len(tail)
    hits, standing = [], set()
    for hit in screen(tail + text):
        if hit.end > border:
            hits.append(Hit(hit.start - border, hit.end - border, hit.text, hit.kind, hit.severity, hit.source, hit.suggestion))
        else:
            standing.add((hit.start + dropped, hit.end + dropped))
    return Heard(tuple(hits), frozenset(standing))


def spoken_words(text: str) -> int:
    """This function will count what was said: each Chinese character, each word in letters, each number."""
    return len(_SPOKEN.findall(text))


def check_saying(text: str, *, most: int = MOST_TEXT) -> str:
    """This function will give a text without its edges.   Raises: SayingEmpty."""
    words = " ".join(text.split())
    if not words or len(words) > most:
        raise SayingEmpty(most=most)
    return words


def check_poll(title: str, options: Sequence[str], minutes: int | None) -> tuple[str, tuple[str, ...]]:
    """This function will give a poll's title and options without their edges.   Raises: PollWrong."""
    words = " ".join(title.split())
    given = tuple(option for one in options if (option := " ".join(one.split())))
    if not words or len(words) > MOST_TITLE or not 2 <= len(given) <= 6 or len(set(given)) < len(given):
        raise PollWrong
    if any(len(one) > MOST_OPTION for one in given) or (minutes is not None and not 1 <= minutes <= MOST_POLL_MINUTES):
        raise PollWrong
    return words, given


def check_keywords(keywords: Sequence[str], cooldown_seconds: int) -> tuple[str, ...]:
    """This function will give a keyword reply's keywords in one form.   Raises: ReplyWrong."""
    given = tuple(dict.fromkeys(word for one in keywords if (word := " ".join(one.split()).casefold())))
    if not 1 <= len(given) <= MOST_KEYWORDS or any(not 2 <= len(one) <= 20 for one in given) or cooldown_seconds < LEAST_COOLDOWN_SECONDS:
        raise ReplyWrong
    return given

