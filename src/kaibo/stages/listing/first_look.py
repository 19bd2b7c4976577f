"""The first three seconds: main picture, first line and first screen against a checklist. Pure.   Source: LST-1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kaibo.stages.listing.details import DetailContent

SEEN_IN_A_LIST = 20
"""Characters of a title a phone's list shows before it cuts, two lines of ten under a picture."""
READ_AT_A_GLANCE = 18
"""Characters people read in three seconds; more is not a first line."""


@dataclass(frozen=True, slots=True)
class Look:
    """One point of the checklist: ok, bad, or none while a person has not answered; `part` says where it is mended (title, pictures, detail)."""

    part: str
    state: str
    zh: str
    en: str


def first_look(*, title: str, core: Sequence[str], picture: tuple[int, int, int] | None, content: DetailContent) -> list[Look]:
    """
    This function will review what a buyer sees in the first three seconds. `core` are the words that say what it is, `picture` how many
    points of the first main picture's checklist hold, fail and are open, None without one.
    """
    return [_line(title, core), _main(picture), _screen_words(content), _screen_picture(content)]


def _line(title: str, core: Sequence[str]) -> Look:
    words = [word for word in core if word]
    if not title.strip():
        return Look("title", "bad", "还没有标题", "There is no title yet")
    first = title.strip()[:SEEN_IN_A_LIST]
    if any(word in first for word in words):
        return Look("title", "ok", f"首句“{first}”里看得出是什么", f"the first line “{first}” says what it is")
    return Look("title", "bad", f"列表里只看得到“{first}”，看不出是什么：把核心词提前", f"a list shows only “{first}”, which does not say what it is: move the core word forward")


def _main(picture: tuple[int, int, int] | None) -> Look:
    if picture is None:
        return Look("pictures", "bad", "还没有主图", "There is no main picture yet")
    holds, fails, still_open = picture
    if fails:
        return Look("pictures", "bad", f"主图有 {fails} 项没过", f"{fails} points of the main picture fail")
    if still_open:
        return Look("pictures", "none", f"主图还有 {still_open} 项要人看", f"{still_open} points of the main picture wait for a person")
    return Look("pictures", "ok", f"主图 {holds} 项都过", f"all {holds} points of the main picture hold")


def _screen_words(content: DetailContent) -> Look:
    words = content.pain_title.strip()
    if not words:
        return Look("detail", "bad", "首屏还没有一句话场景", "The first screen has no line yet")
    if len(words) > READ_AT_A_GLANCE:
        return Look("detail", "bad", f"首屏那句 {len(words)} 个字，三秒读不完：{READ_AT_A_GLANCE} 个以内", f"the first screen's line has {len(words)} characters; {READ_AT_A_GLANCE} are read in three seconds")
    return Look("detail", "ok", f"首屏“{words}”，{len(words)} 个字", f"first screen “{words}”, {len(words)} characters")


def _screen_picture(content: DetailContent) -> Look:
    if content.scene_picture:
        return Look("detail", "ok", "首屏是一张场景图", "the first screen is a scene")
    return Look("detail", "bad", "首屏没有场景图", "The first screen has no scene picture")
