"""The quotes spreadsheet suppliers send."""

from __future__ import annotations

from kaibo.kit.clock import business_date
from kaibo.master.catalog.queries import skus_by_text
from kaibo.plumbing.intake.cells import day, money_fen, whole_number
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused, Taken
from kaibo.stages.supply import counting
from kaibo.stages.supply.models import Quote, StockCountLine, Supplier
from kaibo.stages.supply.permissions import COUNT_TAKE, QUOTE_IMPORT


def apply(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will take a batch of quotes: the supplier by code or name, the item by its code; told twice, the same."""
    skus = skus_by_text("", [row["sku"] for row in rows])
    named = {row["supplier"] for row in rows}
    suppliers = {one.code: one for one in Supplier.objects.filter(code__in=named)} | {
        one.name: one for one in Supplier.objects.filter(name__in=named)
    }
    return [_take(context, row, suppliers, skus) for row in rows]


def _take(context: ImportContext, row: ParsedRow, suppliers: dict, skus: dict) -> Outcome:
    if row["supplier"] not in suppliers:
        return Refused(
            "supply.supplier_unknown",
            f"没有供应商“{row['supplier']}”，请先添加",
            f"There is no supplier “{row['supplier']}”",
            "supplier",
        )
    if row["sku"] not in skus:
        return Refused("supply.item_unknown", f"没有货号“{row['sku']}”", f"There is no item “{row['sku']}”", "sku")
    wanted = {"price_fen": row["price"], "minimum_units": row.get("minimum") or 1, "lead_days": row["lead_days"]}
    key = {
        "supplier": suppliers[row["supplier"]],
        "sku_id": skus[row["sku"]].id,
        "quoted_on": row.get("quoted_on") or business_date(context.now),
    }
    kept = Quote.objects.filter(**key).first()
    if kept is None:
        Quote.objects.create(**key, **wanted)
        return Taken.NEW
    if all(getattr(kept, field) == value for field, value in wanted.items()):
        return Taken.SAME
    Quote.objects.filter(pk=kept.pk).update(**wanted)
    return Taken.CHANGED


QUOTES = ImportKind(
    key="quotes",
    title_zh="供应商报价",
    title_en="Supplier quotes",
    ability=QUOTE_IMPORT,
    columns=(
        Column("supplier", "供应商", ("供应商编码", "供应商名称", "厂家"), required=True),
        Column("sku", "货号", ("商家编码", "SKU", "款号"), required=True),
        Column("price", "单价", ("报价", "含税单价", "价格"), required=True, parse=money_fen),
        Column("minimum", "起订量", ("MOQ", "最小起订量"), parse=whole_number),
        Column("lead_days", "交期（天）", ("交期", "交货天数"), required=True, parse=whole_number),
        Column("quoted_on", "报价日期", ("日期",), parse=day),
    ),
    apply=apply,
    row_key=("supplier", "sku", "quoted_on"),
    sample_rows=(
        {
            "供应商": "桐乡暖绒针织",
            "货号": "KB-2417-B-M",
            "单价": "210.00",
            "起订量": "100",
            "交期（天）": "7",
            "报价日期": "2026-11-20",
        },
    ),
)


def apply_counts(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will write down the counts of a filled-in sheet; told twice, the same."""
    lines = {
        (line.count.code, line.sku.code, line.lot.code if line.lot else ""): line
        for line in StockCountLine.objects.filter(count__code__in={row["count"] for row in rows}).select_related("count", "sku", "lot")
    }
    return [_take_count(context, row, lines.get((row["count"], row["sku"], row.get("lot") or ""))) for row in rows]


def _take_count(context: ImportContext, row: ParsedRow, line: StockCountLine | None) -> Outcome:
    if line is None or not context.actor.sees(line.count.shop_id):
        said = f"盘点单 {row['count']} 里没有货号 {row['sku']} 的这个批次"
        return Refused("supply.count_line_unknown", said, f"{row['count']} has no such item and lot", "sku")
    if line.count.state != "counting":
        return Refused("supply.count_moved_on", "这张盘点单已交盘，不能再改", "This sheet has been handed in", "count")
    if line.counted == row["counted"]:
        return Taken.SAME
    was_empty = line.counted is None
    counting.write_counts(actor=context.actor, count_id=line.count_id, counted={line.pk: row["counted"]}, now=context.now)
    return Taken.NEW if was_empty else Taken.CHANGED


STOCK_COUNT = ImportKind(
    key="stock-count",
    title_zh="盘点表",
    title_en="Stocktaking sheet",
    ability=COUNT_TAKE,
    columns=(
        Column("count", "盘点单", ("盘点单号",), required=True),
        Column("sku", "货号", ("商家编码", "SKU"), required=True),
        Column("lot", "批次", ("批次号",)),
        Column("counted", "实盘数", ("实盘", "盘点数"), required=True, parse=whole_number),
    ),
    apply=apply_counts,
    row_key=("count", "sku", "lot"),
    sample_rows=({"盘点单": "PD261122-7K2M", "货号": "KB-2417-B-M", "批次": "L2611-07", "实盘数": "118"},),
)
