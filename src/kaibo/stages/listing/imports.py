"""Hot search words as platforms list them."""

from __future__ import annotations

from kaibo.kit.clock import business_date
from kaibo.kit.ids import new_id
from kaibo.kit.text import shortened
from kaibo.master.shops.models import Platform
from kaibo.plumbing.intake.cells import choice, moment, whole_number
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused
from kaibo.plumbing.intake.upsert import Upsert
from kaibo.stages.listing.permissions import EDIT

PLATFORM_WORDS = {one.label: one.value for one in Platform} | {one.value: one.value for one in Platform} | {"天猫": "taobao", "抖音": "douyin"}

HOT_WORDS_TABLE = Upsert(
    table="listing_hotword",
    key=("shop_id", "platform", "category_word", "word"),
    columns={"id": "uuid", "shop_id": "uuid", "platform": "text", "category_word": "text", "word": "text", "heat": "bigint", "seen_at": "timestamptz"},
    only_when_new=("id",),
    newer_than="seen_at",
)
READINGS_TABLE = Upsert(
    table="listing_hotwordreading",
    key=("shop_id", "platform", "category_word", "word", "day"),
    columns={"shop_id": "uuid", "platform": "text", "category_word": "text", "word": "text", "day": "date", "heat": "bigint"},
)


def take(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep hot words, the newest figures winning.   Source: LST-2."""
    outcomes: dict[int, Outcome] = {}
    good = []
    for place, row in enumerate(rows):
        if len(row["word"]) > 40:
            outcomes[place] = Refused("listing.word_too_long", "热搜词超过 40 个字", "The word is longer than 40 characters", "word")
        elif (row.get("heat") or 0) < 0:
            outcomes[place] = Refused("listing.heat_negative", "热度不能为负", "Heat cannot be negative", "heat")
        else:
            values = (
                new_id(), context.shop_id, row.get("platform") or context.platform, shortened(row.get("category") or "", limit=60), row["word"],
                row.get("heat") or 0, row.get("seen_at") or context.file_exported_at,
            )
            good.append((place, values))
    taken = HOT_WORDS_TABLE.take([values for _place, values in good])
    # One reading a day and word: growth is read from these. Of two times on one day the later stands.
    days = {(values[1:5], business_date(values[6])): (values[5], values[6]) for _place, values in sorted(good, key=lambda one: one[1][6])}
    READINGS_TABLE.take([(*key, day, heat) for (key, day), (heat, _at) in days.items()])
    outcomes |= {place: word for (place, _values), word in zip(good, taken, strict=True)}
    return [outcomes[place] for place in range(len(rows))]


HOT_WORDS = ImportKind(
    key="hotwords",
    title_zh="热搜词",
    title_en="Hot search words",
    ability=EDIT,
    columns=(
        Column("word", "搜索词", ("热搜词", "关键词", "热词", "词"), required=True),
        Column("heat", "热度", ("搜索指数", "搜索人气", "搜索量", "搜索热度", "人气"), parse=whole_number),
        Column("category", "类目", ("所属类目", "行业", "品类")),
        Column("platform", "平台", ("来源平台",), parse=choice(PLATFORM_WORDS)),
        Column("seen_at", "统计时间", ("日期", "采集时间"), parse=moment),
    ),
    apply=take,
    row_key=("platform", "category", "word"),
    sample_rows=(
        {"word": "小个子双面呢", "heat": "48,210", "category": "服装", "platform": "抖店", "seen_at": "2026-11-20"},
        {"word": "通勤外套女", "heat": "3.2万", "category": "服装", "platform": "抖店", "seen_at": "2026-11-20"},
    ),
    needs_shop=True,
)
