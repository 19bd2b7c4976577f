"""The detail page in its four parts: pain, solution, trust, action. What each must hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from kaibo.stages.listing.rules import Complaint

MOST_LINES = 12


class Advantage(msgspec.Struct, frozen=True):
    """An advantage with the parameter that proves it: 羊毛含量 · 92 %."""

    words: str
    parameter: str = ""


class DetailContent(msgspec.Struct, frozen=True):
    """A detail page: first screen (a scene), middle (advantages with parameters), bottom (report, reviews), and what to do."""

    pain_title: str = ""
    pain_text: str = ""
    solution_text: str = ""
    advantages: tuple[Advantage, ...] = ()
    reports: tuple[str, ...] = ()
    reviews: tuple[str, ...] = ()
    action_text: str = ""
    button: str = "buy"
    scene_picture: str = ""
    detail_pictures: tuple[str, ...] = ()
    report_picture: str = ""


@dataclass(frozen=True, slots=True)
class PartText:
    """A text of one part, by the field it stands in."""

    part: str
    field: str
    text: str


BUTTONS = {"buy": "立即购买", "offer": "抢优惠"}
"""What the button says to buyers (LST-12 tests one against the other)."""
_FIGURE = re.compile(r"[0-9０-９零一二三四五六七八九十百千两半]")


def texts_of(content: DetailContent) -> Iterator[PartText]:
    """This function will give every text a buyer reads, part by part, so that each can be screened."""
    yield PartText("pain", "pain_title", content.pain_title)
    yield PartText("pain", "pain_text", content.pain_text)
    yield PartText("solution", "solution_text", content.solution_text)
    for one in content.advantages:
        yield PartText("solution", "advantages", f"{one.words}：{one.parameter}" if one.parameter else one.words)
    for line in content.reports:
        yield PartText("trust", "reports", line)
    for line in content.reviews:
        yield PartText("trust", "reviews", line)
    yield PartText("action", "action_text", content.action_text)


def complaints_of(content: DetailContent) -> list[Complaint]:
    """This function will say which part lacks what the buyer needs there.   Source: LST-3."""
    found: list[Complaint] = []

    def miss(code: str, zh: str, en: str, *, is_stop: bool = True) -> None:
        found.append(Complaint(f"listing.detail_{code}", zh, en, is_stop, "LST-3"))

    if not content.pain_title.strip() or not content.pain_text.strip():
        miss("no_pain", "首屏没有痛点场景：先写买家在什么时候难受", "The first screen has no scene: say when the buyer suffers")
    if not content.scene_picture:
        miss("no_scene", "首屏没有场景图", "The first screen has no scene picture", is_stop=False)
    if not content.advantages:
        miss("no_advantages", "中段没有优势：每条优势配一个参数", "The middle has no advantages")
    for one in content.advantages:
        if not _FIGURE.search(one.parameter):
            miss("no_parameter", f"“{one.words}”没有带数字的参数，买家没法信", f"“{one.words}” has no parameter with a figure", is_stop=False)
    if not content.reports:
        miss("no_report", "底部没有检测报告：写上报告编号和结论", "The bottom has no inspection report")
    if not content.reviews:
        miss("no_reviews", "底部没有评价：只能用真实评价，新品可写试用反馈的来源", "The bottom has no reviews", is_stop=False)
    if not content.action_text.strip():
        miss("no_action", "结尾没有行动：发货、退换和优惠写清楚", "The end does not say what to do: shipping, returns, offer")
    return found


def advantages_from(written: str) -> tuple[Advantage, ...]:
    """This function will read advantages as people write them: one a line, `优势：参数`."""
    found = []
    for line in written.splitlines():
        words, _sign, parameter = line.replace(":", "：").partition("：")
        if words.strip():
            found.append(Advantage(words.strip()[:40], parameter.strip()[:80]))
    return tuple(found[:MOST_LINES])


def lines_from(written: str) -> tuple[str, ...]:
    """This function will read a field with one thing a line."""
    return tuple(line.strip()[:200] for line in written.splitlines() if line.strip())[:MOST_LINES]


def advantages_text(advantages: tuple[Advantage, ...]) -> str:
    return "\n".join(f"{one.words}：{one.parameter}" if one.parameter else one.words for one in advantages)
