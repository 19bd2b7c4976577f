"""A brief in the reader's language: the same sections for the page, the Word file and the PDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.kit.clock import screen_time
from kaibo.kit.money import yuan_text
from kaibo.plumbing.document_files.blocks import Block
from kaibo.plumbing.listed import listed
from kaibo.stages.selection.models import Brief

COURSE_PILLS = {"mainstream": "ok", "rising": "run", "steady": "", "falling": "bad", "too_short": "warn"}


def course_word(course: str) -> str:
    """This function will name what a word's weeks say."""
    return {
        "mainstream": _("小众走向大众"), "rising": _("在涨"), "steady": _("看不出趋势"), "falling": _("在跌"), "too_short": _("周数不够"),
    }[course]  # fmt: skip


def stage_word(stage: str) -> str:
    """This function will name where a day stands before an occasion."""
    return {"late": _("已经晚了"), "now": _("现在选"), "soon": _("快了"), "running": _("正在进行"), "later": _("以后")}[stage]


def outcome_word(outcome: str) -> str:
    return {"recommended": _("建议：高质中价"), "not_met": _("不建议：条件不成立"), "too_little": _("证据不够，不下结论")}[outcome]


def percent(rate_bp: int, *, signed: bool = False) -> str:
    """This function will write basis points as a percentage with one digit."""
    sign = "−" if rate_bp < 0 else "+" if signed and rate_bp > 0 else ""
    return f"{sign}{abs(rate_bp) / 100:.1f}%"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a brief: a heading, a sentence on what it rests on, and a table."""

    key: str
    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str


def sections_of(brief: Brief) -> list[Section]:
    """This function will write a brief's sections."""
    content = brief.content
    is_english = (get_language() or "").startswith("en")
    return [_moves(content), _complaints(content), _needs(content), _trends(content), _hosts(content), _due(content, is_english), _verdicts(content)]


def _moves(content: dict[str, Any]) -> Section:
    rows = []
    for one in content["moves"]:
        if one["is_new"]:
            what = _("新出现，售价 %(price)s") % {"price": yuan_text(one["price_fen"])}
        elif one["price_bp"]:
            what = _("%(was)s → %(now)s（%(by)s）") % {"was": yuan_text(one["was_price_fen"]), "now": yuan_text(one["price_fen"]), "by": percent(one["price_bp"], signed=True)}
        else:
            what = _("价格没动 %(price)s") % {"price": yuan_text(one["price_fen"])}
        if one["points"]:
            what += _("；卖点改成“%(points)s”") % {"points": one["points"]}
        rows.append((one["market"], f"{one['title']} · {one['shop']}", what, f"{one['sales']:,}" if one["sold"] is None else f"{one['sold']:+,}"))
    note = _("与上一次看到时相比") + (_("，另有 %(n)s 处没列出") % {"n": content["moves_left_out"]} if content["moves_left_out"] else "")
    return Section("moves", _("竞品动了什么"), note, (_("市场"), _("竞品"), _("变化"), _("销量增减")), tuple(rows), _("这一周没有看到竞品变动（或没有新的竞品文件）。"))


def _complaints(content: dict[str, Any]) -> Section:
    rows = tuple(
        (
            one["market"], one["theme"], f"{one['count']} / {one['of']}", f"{one['before']} / {one['of_before']}",
            _("明显不同") if one["is_different"] else _("可能是偶然"),
        )
        for one in content["complaints"]
    )  # fmt: skip
    return Section("complaints", _("抱怨多了什么"), _("本周对前四周，按主题比占比；同时比多个主题，已修正"), (_("市场"), _("主题"), _("本周"), _("前四周"), _("判断")), rows, _("本周没有新的带日期的差评。"))


def _needs(content: dict[str, Any]) -> Section:
    rows = tuple(
        (one["market"], one["aspect"], _("%(bad)s 条骂，%(good)s 条夸") % {"bad": one["bad"], "good": one["good"]}, f"{percent(one['share_bp'])} ({percent(one['low_bp'])}–{percent(one['high_bp'])})", one["quote"])
        for one in content["needs"]
    )
    return Section("needs", _("还没人满足的需求"), _("占有抱怨的评价，括号里是 95% 区间"), (_("市场"), _("方面"), _("条数"), _("占比"), _("原话")), rows, _("还没有评价。"))


def _trends(content: dict[str, Any]) -> Section:
    rows = tuple(
        (one["word"], course_word(one["course"]), percent(one["growth_bp"], signed=True), f"{one['first']:,} → {one['last']:,}", _("%(n)s 周，p=%(p)s") % {"n": one["weeks"], "p": f"{max(one['p'], 0.001):.3f}"})
        for one in content["trends"]
    )
    note = _("检验了 %(n)s 个词；从增长判断，不看标签，看错的比例控制在 5%%") % {"n": content["words_tested"]}
    return Section("trends", _("什么词在起来"), note, (_("词"), _("判断"), _("每周"), _("热度"), _("凭据")), rows, _("没有一个词的增长超出偶然。"))


def _hosts(content: dict[str, Any]) -> Section:
    rows = tuple(
        (one["host"], f"{one['was_rank'] or '—'} → {one['rank'] or '—'}", f"{one['viewers']:,}", f"{one['per_thousand']}", yuan_text(one["sales_fen"]) + (f" ({percent(one['sales_bp'], signed=True)})" if one["sales_bp"] is not None else ""), one["content"])
        for one in content["hosts"]
    )
    return Section("hosts", _("同类直播间"), _("榜单导入的数字，与上一次相比"), (_("主播"), _("名次"), _("观看"), _("千人互动"), _("销售额"), _("内容与选品")), rows, _("这一周没有导入直播间榜单。"))


def _due(content: dict[str, Any], is_english: bool) -> Section:
    rows = tuple((one["title"][is_english], stage_word(one["stage"]), one["starts_on"], one["choose_by"], listed(_(one) for one in one["themes"])) for one in content["due"])
    return Section("due", _("现在该选什么"), _("按节令和备货时间"), (_("节点"), _("到哪一步"), _("开始"), _("最晚选定"), _("主题")), rows, _("近期没有要选的节点。"))


def _verdicts(content: dict[str, Any]) -> Section:
    rows = tuple((one["market"], outcome_word(one["outcome"])) for one in content["verdicts"])
    return Section("verdicts", _("高质中价判断"), _("SEL-7，打开市场看每个数字"), (_("市场"), _("结论")), rows, _("还没有市场。"))


def blocks_of(brief: Brief) -> list[Block]:
    """This function will give a brief as the blocks of a document to send."""
    last = brief.week_on.toordinal() + 6
    end = type(brief.week_on).fromordinal(last)
    blocks = [
        Block(_("竞品分析简报 · %(shop)s") % {"shop": brief.shop.name}, level=1),
        Block(_("%(start)s 至 %(end)s，生成于 %(at)s") % {"start": brief.week_on.isoformat(), "end": end.isoformat(), "at": screen_time(brief.made_at)}),
    ]
    for one in sections_of(brief):
        blocks += [Block(one.title, level=2), Block(one.note)]
        blocks.append(Block(rows=(one.head, *one.rows)) if one.rows else Block(one.empty))
    return blocks
