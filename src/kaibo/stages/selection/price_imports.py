"""The questionnaires about price: four prices (van Westendorp) and yes or no at a price (Gabor–Granger)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from kaibo.plumbing.intake.cells import money_fen, yes_no
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused
from kaibo.plumbing.intake.upsert import Upsert
from kaibo.stages.selection.models import Candidate
from kaibo.stages.selection.permissions import RESEARCH
from kaibo.stages.selection.willingness import Limits, LimitsCrossed, check_limits

LIMITS_TABLE = Upsert(
    table="selection_pricelimits",
    key=("candidate_id", "respondent"),
    columns={
        "candidate_id": "uuid", "respondent": "text", "too_cheap_fen": "bigint", "cheap_fen": "bigint", "expensive_fen": "bigint",
        "too_expensive_fen": "bigint", "imported_at": "timestamptz",
    },
    only_when_new=("imported_at",),
)  # fmt: skip
ANSWERS_TABLE = Upsert(
    table="selection_priceanswer",
    key=("candidate_id", "respondent", "price_fen"),
    columns={"candidate_id": "uuid", "respondent": "text", "price_fen": "bigint", "would_buy": "boolean", "imported_at": "timestamptz"},
    only_when_new=("imported_at",),
)


def _mark(row: ParsedRow) -> str:
    """Who answered is not kept: the mark only keeps one person from counting twice."""
    return hashlib.sha256(f"price\x1f{row['respondent']}".encode()).hexdigest()


def _take(context: ImportContext, rows: list[ParsedRow], table: Upsert, values: Callable[[ParsedRow], tuple[Any, ...] | Refused]) -> list[Outcome]:
    known = dict(Candidate.objects.filter(shop=context.shop_id, code__in={row["candidate"] for row in rows}).values_list("code", "pk"))
    outcomes: dict[int, Outcome] = {}
    good: list[tuple[int, tuple[Any, ...]]] = []
    for place, row in enumerate(rows):
        candidate = known.get(row["candidate"])
        told = values(row)
        if candidate is None:
            outcomes[place] = Refused("selection.candidate_code_unknown", f"没有编码为“{row['candidate']}”的候选", f"There is no candidate with the code “{row['candidate']}”", "candidate")
        elif isinstance(told, Refused):
            outcomes[place] = told
        else:
            good.append((place, (candidate, _mark(row), *told, context.now)))
    taken = table.take([row for _, row in good])
    outcomes |= {place: word for (place, _), word in zip(good, taken, strict=True)}
    return [outcomes[place] for place in range(len(rows))]


def _limits(row: ParsedRow) -> tuple[Any, ...] | Refused:
    four = tuple(row[name] for name in ("too_cheap_fen", "cheap_fen", "expensive_fen", "too_expensive_fen"))
    try:
        check_limits(Limits(*four))
    except LimitsCrossed as wrong:
        return Refused(wrong.code, wrong.message("zh"), wrong.message("en"), "cheap_fen")
    return four


def _answer(row: ParsedRow) -> tuple[Any, ...] | Refused:
    if row["price_fen"] <= 0:
        return Refused("selection.price_not_positive", "价格要大于 0", "The price must be above 0", "price_fen")
    return row["price_fen"], row["would_buy"]


def take_limits(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep respondents' four prices; answers that contradict themselves are refused by their line.   Source: SEL-13."""
    return _take(context, rows, LIMITS_TABLE, _limits)


def take_answers(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep who would buy at which price.   Source: SEL-13."""
    return _take(context, rows, ANSWERS_TABLE, _answer)


CANDIDATE_COLUMN = Column("candidate", "候选编码", ("商品编码", "编码", "候选", "code"), required=True)
RESPONDENT_COLUMN = Column("respondent", "答卷编号", ("问卷编号", "序号", "答题者", "respondent", "id"), required=True)

PRICE_LIMITS = ImportKind(
    key="price-limits",
    title_zh="价格问卷（四个价格）",
    title_en="Price questionnaire (four prices)",
    ability=RESEARCH,
    columns=(
        CANDIDATE_COLUMN, RESPONDENT_COLUMN,
        Column("too_cheap_fen", "太便宜（怀疑质量）", ("太便宜", "便宜得怀疑质量", "too_cheap"), required=True, parse=money_fen),
        Column("cheap_fen", "便宜（划算）", ("便宜", "划算", "cheap"), required=True, parse=money_fen),
        Column("expensive_fen", "贵（还会考虑）", ("贵", "有点贵", "expensive"), required=True, parse=money_fen),
        Column("too_expensive_fen", "太贵（不考虑）", ("太贵", "贵得不考虑", "too_expensive"), required=True, parse=money_fen),
    ),
    apply=take_limits,
    row_key=("candidate", "respondent"),
    sample_rows=(
        {"candidate": "KB-2501", "respondent": "1", "too_cheap_fen": "199", "cheap_fen": "399", "expensive_fen": "599", "too_expensive_fen": "899"},
        {"candidate": "KB-2501", "respondent": "2", "too_cheap_fen": "249", "cheap_fen": "429", "expensive_fen": "629", "too_expensive_fen": "799"},
    ),
    needs_shop=True,
)  # fmt: skip

PRICE_ANSWERS = ImportKind(
    key="price-answers",
    title_zh="购买意愿问卷（这个价买不买）",
    title_en="Willingness questionnaire (would you buy at this price)",
    ability=RESEARCH,
    columns=(
        CANDIDATE_COLUMN, RESPONDENT_COLUMN,
        Column("price_fen", "价格", ("问的价格", "价位", "price"), required=True, parse=money_fen),
        Column("would_buy", "会买", ("会不会买", "愿意购买", "购买意愿", "would_buy"), required=True, parse=yes_no),
    ),
    apply=take_answers,
    row_key=("candidate", "respondent", "price_fen"),
    sample_rows=(
        {"candidate": "KB-2501", "respondent": "1", "price_fen": "499", "would_buy": "是"},
        {"candidate": "KB-2501", "respondent": "1", "price_fen": "599", "would_buy": "否"},
    ),
    needs_shop=True,
)  # fmt: skip
