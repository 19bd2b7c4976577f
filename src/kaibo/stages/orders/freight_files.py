"""Freight tables of couriers as spreadsheets: taken in, given out (SUP-13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.kit.couriers import COURIERS, courier_of
from kaibo.plumbing.intake.cells import money_fen, whole_number
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
from kaibo.stages.orders import route_book
from kaibo.stages.orders.permissions import ROUTE, SEE

NAMES = {one.key: one.zh for one in COURIERS}


def take_freight(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will take the lines of freight tables as one new version of the rules; lines that stand stay, the same line is replaced."""
    outcomes: list[Outcome] = []
    lines = []
    version = route_book.in_force()
    for row in rows:
        known = courier_of(row["courier"])
        if known is None:
            outcomes.append(Refused("orders.courier_unknown", f"快递“{row['courier']}”不认识", f"The courier “{row['courier']}” is not known", "courier"))
            continue
        numbers = (row["first_grams"], row["first"], row["more_grams"], row["more"])
        place = route_book.full_place(row["place"])
        if place is None or not numbers[0] or not numbers[2] or min(numbers) < 0:
            outcomes.append(Refused("orders.freight_wrong", "地区要以省份开头（或写“其他”），首重、续重大于 0", "A place begins with a province (or is “其他”), weights are above 0", "place"))
            continue
        stands = version.kept["freight"].get(known.key, {}).get(place)
        outcomes.append(Taken.NEW if stands is None else Taken.SAME if list(numbers) == stands else Taken.CHANGED)
        lines.append((known.key, place, *numbers))
    if any(one in {Taken.NEW, Taken.CHANGED} for one in outcomes):
        route_book.merge_freight(actor=context.actor, version=version.number, lines=lines, reason="导入运费表", now=context.now)
    return outcomes


def freight_rows(actor: Any, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """This function will give every line of the freight tables in force."""
    for key, table in route_book.in_force().kept.get("freight", {}).items():
        for place, (first_grams, first_fen, more_grams, more_fen) in table.items():
            yield NAMES[key], "其他" if place == "*" else place, first_grams, first_fen, more_grams, more_fen


FREIGHT = ImportKind(
    key="freight",
    title_zh="快递运费表",
    title_en="Couriers' freight tables",
    ability=ROUTE,
    row_key=("courier", "place"),
    apply=take_freight,
    columns=(
        Column("courier", "快递公司", ("快递", "物流公司", "承运商"), required=True),
        Column("place", "地区", ("目的地", "省份", "省"), required=True),
        Column("first_grams", "首重（克）", ("首重", "首重克重"), required=True, parse=whole_number),
        Column("first", "首重价（元）", ("首重价格", "首重费用", "首重价"), required=True, parse=money_fen),
        Column("more_grams", "续重（克）", ("续重", "续重单位", "续重克重"), required=True, parse=whole_number),
        Column("more", "续重价（元）", ("续重价格", "续重费用", "续重价"), required=True, parse=money_fen),
    ),
    sample_rows=(
        {"courier": "中通", "place": "其他", "first_grams": "1000", "first": "4.50", "more_grams": "1000", "more": "2.00"},
        {"courier": "EMS", "place": "新疆", "first_grams": "1000", "first": "18.00", "more_grams": "500", "more": "8.00"},
    ),
)  # fmt: skip
FREIGHT_OUT = ExportKind(
    key="freight",
    title_zh="快递运费表",
    title_en="Couriers' freight tables",
    ability=SEE,
    personal=False,
    columns=(
        ExportColumn("courier", "快递公司"), ExportColumn("place", "地区"), ExportColumn("first_grams", "首重（克）", Cell.WHOLE),
        ExportColumn("first", "首重价（元）", Cell.MONEY), ExportColumn("more_grams", "续重（克）", Cell.WHOLE), ExportColumn("more", "续重价（元）", Cell.MONEY),
    ),
    rows=freight_rows,
)  # fmt: skip
