"""What makes a mention burn, how bad it is, what to say and do about it, and how it may step on. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kaibo.kit.transitions import Transitions
from kaibo.language.themes import ThemeReader


class State(StrEnum):
    """Where a mention is; `quiet` is ours but not negative."""

    QUIET = "quiet"
    NEW = "new"
    ANSWERING = "answering"
    ANSWERED = "answered"
    CLOSED = "closed"
    DISMISSED = "dismissed"


STEPS = Transitions.of(
    {
        State.QUIET: {State.NEW},
        State.NEW: {State.ANSWERING, State.DISMISSED},
        State.ANSWERING: {State.ANSWERED, State.NEW, State.DISMISSED},
        State.ANSWERED: {State.CLOSED, State.ANSWERING},
        State.DISMISSED: {State.NEW},
    }
)
BURNING: Final = (State.NEW, State.ANSWERING)


class Severity(StrEnum):
    """How bad: critical hurts people or breaks law, high calls in others, normal is one customer's complaint."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"


SEVERITY_ORDER: Final = {Severity.CRITICAL.value: 0, Severity.HIGH.value: 1, Severity.NORMAL.value: 2, "": 3}


@dataclass(frozen=True, slots=True)
class Danger:
    """A kind of grave matter: the words that name it, how to answer, what to do at once."""

    key: str
    title: Any
    severity: Severity
    words: tuple[str, ...]
    say: Any
    do: tuple[Any, ...]


DANGERS: Final = (
    Danger(
        "safety", _("人身与食品安全"), Severity.CRITICAL,
        ("食物中毒", "中毒", "拉肚子", "住院", "送医", "急诊", "过敏", "红疹", "起疹子", "烂脸", "灼伤", "甲醛", "致癌", "食品安全", "变质", "发霉", "异物", "虫子", "漏电", "起火", "爆炸"),
        _("您好，看到您的反馈我们非常重视。请先停止使用并保留实物和就医凭证，我们现在就联系您核实；因此产生的合理费用，我们会依法承担。请私信留下方便联系的时间。"),
        (_("先联系本人，问清身体状况，不争辩"), _("暂停该商品销售，冻结同批次库存"), _("按批次溯源，把检验报告调出来")),
    ),
    Danger(
        "fake", _("假货与虚假宣传"), Severity.CRITICAL,
        ("假货", "假的", "冒牌", "山寨", "高仿", "盗版", "虚假宣传", "货不对板", "欺诈", "诈骗", "骗子", "骗人", "退一赔三", "退一赔十", "三无"),
        _("您好，我们重视您的质疑。这款商品的进货凭证和检测报告都有存档，请私信订单号，我们把对应批次的凭证发给您；核实后确有问题，按法律规定处理，不推诿。"),
        (_("调出该商品资质与进货凭证"), _("核对详情页、口播与实物是否一致"), _("有出入的内容先下架")),
    ),
    Danger(
        "authority", _("投诉与曝光"), Severity.HIGH,
        ("12315", "投诉", "举报", "曝光", "维权", "消协", "市场监管", "工商", "报警", "起诉", "律师", "媒体", "315", "热搜", "避雷", "拉黑", "抵制"),
        _("您好，给您添麻烦了。我们已经指定专人跟进，请私信订单号，今天之内给您明确的处理方案；您也可以继续通过平台投诉，我们会同步配合。"),
        (_("查订单与售后记录，找出卡在哪一步"), _("指定一个人跟到底，约定回复时间")),
    ),
)  # fmt: skip
ORDINARY_SAY: Final = _("您好，抱歉没有让您满意。请私信订单号，我们先核实情况，再按您的意愿处理退换或补偿；您说的问题会转给商品负责人改进。")
ORDINARY_DO: Final = (_("查订单与售后记录"), _("答复后把问题记到对应商品"))


@dataclass(frozen=True, slots=True)
class Place:
    """A half-open place in the text: what stands there and why it counts."""

    start: int
    end: int
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Name:
    """A word that means the shop (product_id empty) or one of its products."""

    word: str
    product_id: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a text is to us: ours or not, negative or not, how bad, about which product, and where one sees it."""

    is_ours: bool
    is_negative: bool
    severity: str
    product_id: str
    themes: tuple[str, ...]
    hits: tuple[Place, ...]


NOT_SO: Final = ("不是", "没有", "没", "不", "无", "不会", "未", "别怕", "不怕", "不用担心", "并非", "零")
NEGATION_REACH: Final = 2


def assess(text: str, *, names: Sequence[Name], reader: ThemeReader) -> Assessment:
    """
    This function will say whether a public text is about us and negative, and how bad it is.

    About us: it names the shop or a product. Negative: it complains (language.themes), or says a grave word that is
    not denied right before it (没有过敏 is none) nor merely asked (会过敏吗).   Source: RSK-1.
    """
    named = [Place(at, at + len(name.word), "name", name.word) for name in names if name.word and (at := text.find(name.word)) >= 0]
    products = [name.product_id for name in names if name.product_id and name.word in text]
    complaints = reader.complaints_in(text)
    grave = [(danger, place) for danger in DANGERS for word in danger.words if (place := _said(text, word)) is not None]
    severity = min((danger.severity.value for danger, _place in grave), key=SEVERITY_ORDER.__getitem__, default=Severity.NORMAL.value)
    is_negative = bool(complaints or grave)
    hits = _apart([place for _danger, place in grave] + [Place(one.start, one.end, "theme", text[one.start : one.end]) for one in complaints] + named)
    themes = tuple(dict.fromkeys([danger.key for danger, _place in grave] + [one.theme for one in complaints]))
    return Assessment(bool(named), is_negative, severity if is_negative else "", products[0] if products else "", themes, hits)


def _said(text: str, word: str) -> Place | None:
    """Where a grave word is truly said: not denied, not only asked."""
    at = text.find(word)
    while at >= 0:
        before = text[max(0, at - NEGATION_REACH - 2) : at]
        is_denied = any(before.endswith(no) or before[:-1].endswith(no) for no in NOT_SO)
        after = text[at + len(word) :]
        end = next((place for place, letter in enumerate(after) if letter in "，。！!;；\n,"), len(after))
        is_asked = after[:end].rstrip().endswith(("吗", "么", "?", "？", "呢")) and len(after[:end]) <= 4
        if not is_denied and not is_asked:
            return Place(at, at + len(word), "severe", word)
        at = text.find(word, at + 1)
    return None


def _apart(places: list[Place]) -> tuple[Place, ...]:
    """Places in the order of the text without overlaps; the graver kind wins."""
    rank = {"severe": 0, "theme": 1, "name": 2}
    kept: list[Place] = []
    for place in sorted(places, key=lambda one: (rank[one.kind], one.start)):
        if all(place.end <= other.start or place.start >= other.end for other in kept):
            kept.append(place)
    return tuple(sorted(kept, key=lambda one: one.start))


def what_to_say(themes: Sequence[str]) -> tuple[Any, tuple[Any, ...], Any]:
    """This function will give (the opening of an answer, what to do at once, the matter) for the gravest theme."""
    for danger in DANGERS:
        if danger.key in themes:
            return danger.say, danger.do, danger.title
    return ORDINARY_SAY, ORDINARY_DO, _("客户抱怨")


def pieces(text: str, hits: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """This function will cut a text into (piece, kind) so that a page can mark the exact words; kind is empty between them."""
    found, at = [], 0
    for hit in hits:
        if hit["start"] > at:
            found.append((text[at : hit["start"]], ""))
        found.append((text[hit["start"] : hit["end"]], hit["kind"]))
        at = hit["end"]
    if at < len(text):
        found.append((text[at:], ""))
    return found
