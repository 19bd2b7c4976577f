"""Compensation is never tied to a review: what an offer, a phrase or a promise may not say. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kaibo.kit.errors import Invalid
from kaibo.language.normaliser import normalise

LAW_ZH = "电子商务法 17 条、网络直播营销管理办法（试行）、网络反不正当竞争暂行规定 9 条"
LAW_EN = "E-Commerce Law art. 17; live marketing rules (2021); online unfair-competition rules art. 9"

_REVIEW = r"(?:评价|评论|差评|中评|好评|追评|晒单|晒图|评分|点评|评语|打分)"
_CHANGE = r"(?:删除|删掉|删了|删|修改|改成|改为|改掉|改一下|改(?!善|进|良)|撤销|撤回|撤掉|撤|取消|隐藏|折叠|覆盖|去掉|抹掉|追加|补个|补一个|重新)"
_GOOD = r"(?:五星|5星|五颗星|满星|全五分|好评|点个?赞)"
_TIES = (
    re.compile(rf"{_CHANGE}.{{0,8}}?{_REVIEW}"),
    re.compile(rf"{_REVIEW}.{{0,6}}?{_CHANGE}"),
    re.compile(rf"(?:给|打|写|发|留|晒|点|改成|改为|换成).{{0,5}}?{_GOOD}"),
    re.compile(rf"{_GOOD}.{{0,4}}?(?:返现|返|红包|奖励|送|有礼|补偿)"),
    re.compile(r"(?:delete|remove|change|edit|withdraw|hide|update)\w*.{0,20}?(?:review|rating|comment)"),
    re.compile(r"(?:5|five)[ -]?star"),
)
_INNOCENT = re.compile(
    r"(?:不用|不必|无需|不需要|不要求|不会要求|不以|并非|绝不|不能|不可|别|无关|没有要求|never|not|without|no ?need)"
    r"(?:(?!除非|忘|才|就|则|不然|否则|unless|until).){0,8}$"
)
_FREE_AFTER = re.compile(r"^.{0,10}?(?:无关|为条件.{0,2}$|与此无关|都一样|都会|由您|随您|is yours|either way)")
_NEGATED_CONDITION = re.compile(r"不以.{0,14}(?:为条件|为前提)")


_CLAUSES = re.compile(r"[，。！？；,.!?;\n]")
"""What makes a text innocent stands in the same clause: a “不用” of the one before says nothing of this one."""


@dataclass(frozen=True, slots=True)
class Tie:
    """Where a text asks for a review in return; `start` and `end` are characters of the text, half open."""

    start: int
    end: int
    text: str


class ReviewTied(Invalid):
    code = "aftersales.review_tied"
    message_zh = "补偿不能和评价挂钩：“{words}”要改掉（{law}）"
    message_en = "Compensation is never tied to a review: change “{words}” ({law})"


def ties_in(text: str) -> list[Tie]:
    """
    This function will find where a text asks the buyer to write, change or delete a review.

    Tricks of writing (full width, hidden characters, traditional forms, signs between characters) are read through. What
    says that no such thing is asked (“不以删改评价为条件”) is none.   Source: AFT-6, L3, L4, L9.
    """
    plain = normalise(text)
    free = [(one.start(), one.end()) for one in _NEGATED_CONDITION.finditer(plain.text)]
    found: list[Tie] = []
    for pattern in _TIES:
        for begin in range(len(plain.text)):
            one = pattern.match(plain.text, begin)
            if one is None:
                continue
            end = one.end()
            if any(low <= begin < high for low, high in free):
                continue
            before, after = plain.text[max(0, begin - 12) : begin], plain.text[end : end + 14]
            if _INNOCENT.search(_CLAUSES.split(before)[-1]) or _FREE_AFTER.match(_CLAUSES.split(after)[0]):
                continue
            start, stop = plain.starts[begin], plain.ends[end - 1]
            if not any(known.start < stop and start < known.end for known in found):
                found.append(Tie(start, stop, text[start:stop]))
    return sorted(found, key=lambda tie: tie.start)


def refuse_tied(*texts: str) -> None:
    """This function will refuse texts that tie something to a review.   Raises: ReviewTied."""
    for text in texts:
        if tied := ties_in(text):
            raise ReviewTied(words=tied[0].text, law=LAW_ZH)
