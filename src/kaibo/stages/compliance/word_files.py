"""The house's words as a spreadsheet, in and out: a file's batch is one version (CMP-4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.language.lexicon import SURFACES
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.cells import NotAChoice, choice
from kaibo.plumbing.intake.kinds import (
    Cell,
    Column,
    ExportColumn,
    ExportKind,
    ImportContext,
    ImportKind,
    Outcome,
    ParsedRow,
    Refused,
    Taken,
)
from kaibo.stages.compliance import house_words, lexicon_versions
from kaibo.stages.compliance.models import HouseWord
from kaibo.stages.compliance.permissions import SCREEN, WORDS

SEVERITIES = {"不能用": "block", "禁用": "block", "block": "block", "要人判断": "review", "审核": "review", "review": "review", "放行": "innocent", "白名单": "innocent", "innocent": "innocent"}
SEVERITY_TITLES = {"block": "不能用", "review": "要人判断", "innocent": "放行"}
SURFACE_TITLES = {"title": "标题", "detail": "详情页", "script": "话术口播", "chat": "直播间聊天", "reply": "客服回复"}
SURFACES_BY_WORD = {title: one for one, title in SURFACE_TITLES.items()} | {one: one for one in SURFACES} | {"详情": "detail", "话术": "script", "聊天": "chat", "公屏": "chat", "回复": "reply"}
REASON = "导入文件"


def some_surfaces(cell: str) -> tuple[str, ...]:
    """This function will read where a word holds: names parted by 、 , or /; 全部 is everywhere.   Raises: NotAChoice."""
    if cell in {"全部", "所有", "all"}:
        return SURFACES
    names = [one.strip() for one in cell.replace("，", "、").replace(",", "、").replace("/", "、").split("、") if one.strip()]
    unknown = [one for one in names if one not in SURFACES_BY_WORD]
    if unknown or not names:
        raise NotAChoice(text=cell, allowed="、".join((*SURFACE_TITLES.values(), "全部")), proposed="全部")
    return tuple(dict.fromkeys(SURFACES_BY_WORD[one] for one in names))


def take(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep words and what is said of them, and publish once what the batch changed.   Source: CMP-4."""
    access.require(context.actor, WORDS)
    lexicon_versions.lock()
    outcomes = [_take_one(context, row) for row in rows]
    changed = sum(one in {Taken.NEW, Taken.CHANGED} for one in outcomes)
    if changed:
        version = lexicon_versions.publish(actor=context.actor, deed="import", reason=f"{REASON}：{changed} 个词", now=context.now)
        audit.record(
            context.actor, "compliance:word:import", subject=f"lexicon:{version}", now=context.now, details={"changed": changed, "version": version}
        )
    return outcomes


def _take_one(context: ImportContext, row: ParsedRow) -> Outcome:
    try:
        plain = house_words.plain_form(row["word"])
        wording = house_words.Wording(row["severity"], row["source"], row.get("suggestion") or "", row.get("surfaces") or SURFACES).checked()
    except (house_words.WordUnusable, house_words.SeverityUnknown) as wrong:
        return Refused(wrong.code, wrong.message_zh, wrong.message_en, "word")
    known = HouseWord.objects.filter(plain=plain, retired_at=None).first()
    if known is None:
        HouseWord.objects.create(word=row["word"].strip(), plain=plain, **wording.fields(), added_by=context.actor.name, added_at=context.now)
        return Taken.NEW
    if all(getattr(known, name) == value for name, value in wording.fields().items()):
        return Taken.SAME
    HouseWord.objects.filter(pk=known.pk).update(**wording.fields())
    return Taken.CHANGED


HOUSE_WORDS = ImportKind(
    key="house_words",
    title_zh="自己的词库",
    title_en="The house's own words",
    ability=WORDS,
    columns=(
        Column("word", "词", ("词语", "敏感词", "违禁词", "关键词"), required=True),
        Column("severity", "怎么处理", ("处理", "级别", "处理方式"), required=True, parse=choice(SEVERITIES)),
        Column("source", "依据", ("来源", "法条", "规则"), required=True),
        Column("suggestion", "改成什么", ("替换为", "建议", "建议用语")),
        Column("surfaces", "用在哪里", ("用途", "场景", "适用范围"), parse=some_surfaces),
    ),
    apply=take,
    row_key=("word",),
    sample_rows=(
        {"word": "隔壁家", "severity": "不能用", "source": "店内约定：不提同行", "suggestion": "别处", "surfaces": "话术口播、客服回复"},
        {"word": "转运珠", "severity": "放行", "source": "行业通用品名", "surfaces": "全部"},
    ),
)


def _words(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    found = HouseWord.objects.filter(retired_at=None).order_by("plain")
    if start:
        found = found.filter(added_at__gte=start)
    if end:
        found = found.filter(added_at__lt=end)
    for one in found.iterator():
        surfaces = "、".join(SURFACE_TITLES[surface] for surface in one.surfaces)
        yield (one.word, SEVERITY_TITLES[one.severity], one.source, one.suggestion, surfaces, one.added_by, one.added_at)


HOUSE_WORDS_OUT = ExportKind(
    key="house_words",
    title_zh="自己的词库",
    title_en="The house's own words",
    ability=SCREEN,
    columns=(
        ExportColumn("word", "词"), ExportColumn("severity", "怎么处理"), ExportColumn("source", "依据"), ExportColumn("suggestion", "改成什么"),
        ExportColumn("surfaces", "用在哪里"), ExportColumn("added_by", "谁加的"), ExportColumn("added_at", "加入时间", Cell.WHEN),
    ),
    rows=_words,
)  # fmt: skip
