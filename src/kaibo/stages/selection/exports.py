"""The files selection gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.selection import cooperation_services, queries
from kaibo.stages.selection.permissions import SEE


def _candidates(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    found = queries.candidates_for(actor)
    if start:
        found = found.filter(created_at__gte=start)
    if end:
        found = found.filter(created_at__lt=end)
    for one in found.iterator():
        yield (
            one.code, one.title, one.shop.name, one.market.title if one.market else "", one.state, one.cost_fen, one.price_fen, one.return_bp,
            one.margin_bp, one.value_proposition, "；".join(one.selling_points), one.decided_by, one.decided_at, one.decision_reason,
        )


CANDIDATES = ExportKind(
    key="candidates",
    title_zh="选品候选",
    title_en="Candidates",
    ability=SEE,
    columns=(
        ExportColumn("code", "编码"), ExportColumn("title", "名称"), ExportColumn("shop", "店铺"), ExportColumn("market", "市场"),
        ExportColumn("state", "状态"), ExportColumn("cost", "成本", Cell.MONEY), ExportColumn("price", "售价", Cell.MONEY),
        ExportColumn("returns", "预计退货率", Cell.RATE), ExportColumn("margin", "退货后毛利率", Cell.RATE), ExportColumn("proposition", "价值主张"),
        ExportColumn("points", "核心卖点"), ExportColumn("decided_by", "决定人"), ExportColumn("decided_at", "决定时间", Cell.WHEN),
        ExportColumn("reason", "决定说明"),
    ),
    rows=_candidates,
)


def _cooperations(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """The contact leaves masked only."""
    rows = [one for one in cooperation_services.cooperations_for(actor) if (not start or one.made_at >= start) and (not end or one.made_at < end)]
    sessions = cooperation_services.sessions_of([one.pk for one in rows])
    limits = cooperation_services.limits_in_force()
    for one in rows:
        verdict = cooperation_services.verdict_of(one, sessions.get(one.pk, []), limits)
        yield (
            one.title, one.kind, one.shop.name, f"{one.starts_on}", f"{one.ends_on}", one.commission_bp, one.slot_fee_fen, one.contact_masked,
            verdict.total.sessions, verdict.total.kept_fen, verdict.total.return_bp, verdict.total.profit_fen, one.decision, one.decided_by, one.decision_reason,
        )  # fmt: skip


COOPERATIONS = ExportKind(
    key="cooperations",
    title_zh="品牌合作",
    title_en="Cooperations",
    ability=SEE,
    columns=(
        ExportColumn("title", "品牌/达人"), ExportColumn("kind", "类型"), ExportColumn("shop", "店铺"), ExportColumn("starts_on", "开始"),
        ExportColumn("ends_on", "结束"), ExportColumn("commission", "佣金", Cell.RATE), ExportColumn("fee", "坑位费", Cell.MONEY),
        ExportColumn("contact", "联系人"), ExportColumn("sessions", "场次"), ExportColumn("kept", "留下的成交", Cell.MONEY),
        ExportColumn("returns", "退货率", Cell.RATE), ExportColumn("profit", "净赚", Cell.MONEY), ExportColumn("decision", "决定"),
        ExportColumn("decided_by", "决定人"), ExportColumn("reason", "决定说明"),
    ),
    rows=_cooperations,
)  # fmt: skip
