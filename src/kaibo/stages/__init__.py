"""The business, a folder a stage, in the order of the flow. `FLOW` feeds navigation, docs and the import contract."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageName:
    """How a stage is called: `key` in code, `zh`/`en` in full, `short_zh`/`short_en` on the launch board."""

    key: str
    zh: str
    en: str
    short_zh: str
    short_en: str


FLOW: tuple[StageName, ...] = (
    StageName("selection", "选品", "Selection", "选品", "Select"),
    StageName("supply", "供应链与品控", "Supply & quality", "供应", "Supply"),
    StageName("compliance", "合规", "Compliance", "合规", "Comply"),
    StageName("listing", "上架", "Listing", "上架", "List"),
    StageName("showplan", "场次筹备", "Session planning", "筹备", "Plan"),
    StageName("warmup", "预热", "Warm-up", "预热", "Warm"),
    StageName("live", "直播中控", "Live desk", "直播", "Live"),
    StageName("orders", "订单与物流", "Orders & logistics", "订单", "Orders"),
    StageName("aftersales", "售后与客服", "After-sales", "售后", "After"),
    StageName("analytics", "数据与复盘", "Data & retrospective", "复盘", "Retro"),
    StageName("members", "用户运营", "Members", "会员", "Members"),
    StageName("risk", "风险", "Risk", "风险", "Risk"),
)
