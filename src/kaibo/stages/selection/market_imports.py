"""The spreadsheets of the market board: weekly heat, rankings of live rooms, audiences and questionnaires."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, timedelta
from typing import Any

from django.conf import settings

from kaibo.kit.clock import business_date
from kaibo.kit.text import shortened
from kaibo.plumbing.intake.cells import choice, day, money_fen, percent_bp, whole_number
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused
from kaibo.plumbing.intake.upsert import Upsert
from kaibo.stages.selection.imports import PLATFORM_WORDS
from kaibo.stages.selection.permissions import RESEARCH

TREND_KIND_WORDS = {
    "word": "word", "搜索词": "word", "热词": "word", "热搜词": "word", "关键词": "word", "board": "board", "类目": "board", "大盘": "board", "类目大盘": "board",
    "行业大盘": "board", "element": "element", "流行元素": "element", "元素": "element", "新技术": "element", "工艺": "element", "report": "report", "行业报告": "report",
}
TRENDS_TABLE = Upsert(
    table="selection_trendpoint",
    key=("shop_id", "kind", "word", "source", "week_on"),
    columns={"shop_id": "uuid", "kind": "text", "word": "text", "source": "text", "week_on": "date", "heat": "bigint", "note": "text"},
)
HOSTS_TABLE = Upsert(
    table="selection_hostsighting",
    key=("shop_id", "platform", "host", "seen_on"),
    columns={
        "shop_id": "uuid", "market_title": "text", "platform": "text", "host": "text", "seen_on": "date", "rank": "integer", "viewers": "bigint",
        "interactions": "bigint", "items": "integer", "sales_fen": "bigint", "content": "text",
    },
)
AUDIENCE_TABLE = Upsert(
    table="selection_audiencecount",
    key=("shop_id", "source", "segment", "question", "option", "collected_on"),
    columns={
        "shop_id": "uuid", "source": "text", "segment": "text", "question": "text", "option": "text", "people": "bigint", "asked": "bigint",
        "collected_on": "date",
    },
)
ANSWERS_TABLE = Upsert(
    table="selection_surveyanswer",
    key=("shop_id", "survey", "respondent", "question", "option"),
    columns={
        "shop_id": "uuid", "survey": "text", "respondent": "text", "segment": "text", "question": "text", "option": "text", "answered_on": "date",
    },
)


def week_of(day_: date) -> date:
    """This function will give the Monday of a day's week: all weekly figures are kept under it."""
    return day_ - timedelta(days=day_.weekday())


def _taken(rows: list[ParsedRow], refused: dict[int, Refused], values: list[tuple[int, tuple[Any, ...]]], table: Upsert) -> list[Outcome]:
    words: dict[int, Outcome] = dict(refused)
    words |= {place: word for (place, _), word in zip(values, table.take([held for _, held in values]), strict=True)}
    return [words[place] for place in range(len(rows))]


def _negative(column: str) -> Refused:
    return Refused("selection.figure_negative", "数字不能为负", "The figure cannot be negative", column)


def take_trends(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep how hot a word was in a week; several days of one week must be one row.   Source: SEL-4."""
    refused: dict[int, Refused] = {}
    values: list[tuple[int, tuple[Any, ...]]] = []
    for place, row in enumerate(rows):
        if row["heat"] < 0:
            refused[place] = _negative("heat")
            continue
        week = week_of(row.get("week_on") or business_date(context.file_exported_at))
        values.append(
            (place, (context.shop_id, row.get("kind") or "word", shortened(row["word"], limit=60), shortened(row.get("source") or "", limit=40), week, row["heat"], shortened(row.get("note") or "", limit=300)))
        )
    return _taken(rows, refused, values, TRENDS_TABLE)


def take_hosts(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep how a competing host's room stood on a day.   Source: SEL-2."""
    refused: dict[int, Refused] = {}
    values: list[tuple[int, tuple[Any, ...]]] = []
    for place, row in enumerate(rows):
        figures = {key: row.get(key) or 0 for key in ("viewers", "interactions", "items", "sales_fen")}
        below = next((key for key, figure in figures.items() if figure < 0), "")
        if below:
            refused[place] = _negative(below)
            continue
        seen = row.get("seen_on") or business_date(context.file_exported_at)
        values.append(
            (
                place,
                (
                    context.shop_id, shortened(row.get("market") or "", limit=60), row.get("platform") or context.platform, shortened(row["host"], limit=80), seen,
                    row.get("rank"), figures["viewers"], figures["interactions"], figures["items"], figures["sales_fen"], shortened(row.get("content") or "", limit=300),
                ),
            )
        )
    return _taken(rows, refused, values, HOSTS_TABLE)


def take_audience(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """
    This function will keep how many people of a segment gave an option; a share needs how many were asked.

    Source: SEL-1.
    """
    refused: dict[int, Refused] = {}
    values: list[tuple[int, tuple[Any, ...]]] = []
    for place, row in enumerate(rows):
        asked, people, share_bp = row["asked"], row.get("people"), row.get("share_bp")
        if people is None and share_bp is not None:
            people = (asked * share_bp + 5_000) // 10_000
        if people is None:
            refused[place] = Refused("selection.people_missing", "要写人数或占比", "Give the number of people or their share", "people")
        elif not 0 <= people <= asked:
            refused[place] = Refused("selection.people_beyond_asked", "人数要在 0 到总人数之间", "The people must be between 0 and all asked", "people")
        else:
            on = row.get("collected_on") or business_date(context.file_exported_at)
            texts = [shortened(row.get(key) or "", limit=limit) for key, limit in (("source", 60), ("segment", 40), ("question", 60), ("option", 60))]
            values.append((place, (context.shop_id, *texts, people, asked, on)))
    return _taken(rows, refused, values, AUDIENCE_TABLE)


def take_answers(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep a questionnaire's answers; of who answered only a mark stays.   Source: SEL-1."""
    values: list[tuple[int, tuple[Any, ...]]] = []
    for place, row in enumerate(rows):
        mark = hmac.new(settings.SECRET_KEY.encode(), f"{row['survey']}\x1f{row['respondent']}".encode(), hashlib.sha256).hexdigest()
        on = row.get("answered_on") or business_date(context.file_exported_at)
        texts = [shortened(row.get(key) or "", limit=limit) for key, limit in (("segment", 40), ("question", 60), ("option", 60))]
        values.append((place, (context.shop_id, shortened(row["survey"], limit=60), mark, *texts, on)))
    return _taken(rows, {}, values, ANSWERS_TABLE)


TRENDS = ImportKind(
    key="market-heat",
    title_zh="市场热度（按周）",
    title_en="Market heat by week",
    ability=RESEARCH,
    columns=(
        Column("word", "词", ("热词", "搜索词", "关键词", "热搜词", "流行元素", "类目", "品类", "名称"), required=True),
        Column("heat", "热度", ("搜索人气", "搜索指数", "搜索热度", "热度指数", "指数", "搜索量", "成交指数", "人气"), required=True, parse=whole_number),
        Column("week_on", "周", ("日期", "统计日期", "统计周期", "周起始", "时间"), parse=day),
        Column("kind", "类型", ("数据类型", "榜单类型"), parse=choice(TREND_KIND_WORDS)),
        Column("source", "来源", ("数据来源", "平台", "工具")),
        Column("note", "说明", ("备注", "摘要")),
    ),
    apply=take_trends,
    row_key=("kind", "word", "source", "week_on"),
    sample_rows=(
        {"word": "美拉德穿搭", "heat": "18,300", "week_on": "2026-11-02", "kind": "搜索词", "source": "巨量算数"},
        {"word": "冲锋衣女", "heat": "2.4万", "week_on": "2026-11-02", "kind": "流行元素", "source": "生意参谋"},
    ),
    needs_shop=True,
)
HOSTS = ImportKind(
    key="live-rankings",
    title_zh="直播间榜单",
    title_en="Rankings of live rooms",
    ability=RESEARCH,
    columns=(
        Column("host", "主播", ("达人", "达人昵称", "直播间", "直播间名称", "主播昵称", "账号", "店铺"), required=True),
        Column("rank", "排名", ("名次", "榜单排名", "序号"), parse=whole_number),
        Column("platform", "平台", ("来源平台", "渠道"), parse=choice(PLATFORM_WORDS)),
        Column("market", "市场", ("类目", "主营类目", "带货类目", "品类")),
        Column("seen_on", "日期", ("统计日期", "直播日期", "开播时间", "时间"), parse=day),
        Column("viewers", "观看人数", ("观看人次", "场观", "累计观看", "UV"), parse=whole_number),
        Column("interactions", "互动数", ("互动量", "评论数", "弹幕数", "点赞数"), parse=whole_number),
        Column("items", "商品数", ("上架商品数", "带货商品数", "SKU 数", "商品个数"), parse=whole_number),
        Column("sales_fen", "销售额", ("GMV", "预估销售额", "成交金额", "成交额"), parse=money_fen),
        Column("content", "内容与选品", ("直播标题", "货盘", "选品策略", "主推商品", "备注")),
    ),
    apply=take_hosts,
    row_key=("platform", "host", "seen_on"),
    sample_rows=(
        {"host": "云上羊绒", "rank": "1", "platform": "抖店", "market": "短款双面呢外套", "seen_on": "2026-11-16", "viewers": "32.5万", "interactions": "4.1万", "items": "38", "sales_fen": "1,286,000", "content": "低价清仓，三件八折"},
        {"host": "衣见倾心", "rank": "2", "platform": "抖店", "market": "短款双面呢外套", "seen_on": "2026-11-16", "viewers": "28万", "interactions": "2.2万", "items": "52", "sales_fen": "986,000", "content": "平价通勤"},
    ),
    needs_shop=True,
)
AUDIENCE = ImportKind(
    key="audience",
    title_zh="用户画像",
    title_en="Audience profile",
    ability=RESEARCH,
    columns=(
        Column("question", "维度", ("画像维度", "指标", "题目", "标签"), required=True),
        Column("option", "选项", ("分布", "取值", "画像", "标签值", "区间"), required=True),
        Column("asked", "总人数", ("样本量", "样本数", "人群规模", "样本"), required=True, parse=whole_number),
        Column("people", "人数", ("数量", "覆盖人数"), parse=whole_number),
        Column("share_bp", "占比", ("比例", "百分比"), parse=percent_bp),
        Column("segment", "人群", ("分群", "客群", "人群名称", "用户类型")),
        Column("source", "来源", ("数据来源", "平台", "问卷")),
        Column("collected_on", "日期", ("统计日期", "采集日期"), parse=day),
    ),
    apply=take_audience,
    row_key=("source", "segment", "question", "option", "collected_on"),
    sample_rows=(
        {"question": "年龄", "option": "25-30 岁", "asked": "1200", "people": "504", "segment": "老客", "source": "抖音电商罗盘", "collected_on": "2026-11-01"},
        {"question": "年龄", "option": "25-30 岁", "asked": "3400", "share_bp": "31%", "segment": "新客", "source": "抖音电商罗盘", "collected_on": "2026-11-01"},
    ),
    needs_shop=True,
)
ANSWERS = ImportKind(
    key="survey-answers",
    title_zh="问卷答卷",
    title_en="Questionnaire answers",
    ability=RESEARCH,
    columns=(
        Column("survey", "问卷", ("问卷名称", "问卷标题", "调研名称"), required=True),
        Column("respondent", "答卷编号", ("序号", "答题序号", "问卷编号", "用户ID", "答卷ID"), required=True, personal=True),
        Column("question", "题目", ("问题", "题干"), required=True),
        Column("option", "选项", ("答案", "回答", "选择"), required=True),
        Column("segment", "人群", ("分群", "客群", "用户类型")),
        Column("answered_on", "答题日期", ("提交时间", "提交答卷时间", "日期"), parse=day),
    ),
    apply=take_answers,
    row_key=("survey", "respondent", "question", "option"),
    sample_rows=(
        {"survey": "冬季外套问卷", "respondent": "1", "segment": "老客", "question": "买外套最怕什么", "option": "起球", "answered_on": "2026-11-05"},
        {"survey": "冬季外套问卷", "respondent": "2", "segment": "新客", "question": "买外套最怕什么", "option": "尺码不合", "answered_on": "2026-11-05"},
    ),
    needs_shop=True,
)
MARKET_KINDS = (TRENDS, HOSTS, AUDIENCE, ANSWERS)
