"""The list of qualification documents as a spreadsheet."""

from __future__ import annotations

from datetime import date

from kaibo.master.catalog.models import Product
from kaibo.plumbing.intake.cells import choice, day
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused, Taken
from kaibo.stages.compliance import matrix_rows
from kaibo.stages.compliance.models import Document
from kaibo.stages.compliance.permissions import FILE, MATRIX
from kaibo.stages.compliance.rules import DocumentState, packaged_matrix

KIND_WORDS = {zh: kind for kind, (zh, _en) in packaged_matrix().titles.items()} | {kind: kind for kind in packaged_matrix().titles} | {
    "执照": "business_licence", "品牌授权书": "brand_authorisation", "商标注册证": "brand_authorisation", "检测报告": "test_report", "质检": "test_report",
    "食品许可证": "food_licence", "SC证": "food_producer_licence", "化妆品备案": "cosmetics_filing", "检疫证明": "quarantine_certificate",
    "身份证明": "individual_licence",
}
WITHOUT_END = frozenset({"长期", "永久", "长期有效", "无固定期限"})


def last_day(cell: str) -> date:
    """This function will read the last day a document holds; 长期 has none and becomes the last day there is."""
    return date.max if cell in WITHOUT_END else day(cell)


def take(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep documents; one whose dates or issuer changed has to be checked again.   Source: CMP-1."""
    codes = {row.get("product_code") for row in rows} - {None, ""}
    products = dict(Product.objects.filter(shop=context.shop_id, code__in=codes).values_list("code", "pk"))
    known = {
        (one.kind, one.number): one for one in Document.objects.filter(shop=context.shop_id, number__in={row["number"] for row in rows})
    }
    return [_take_one(context, row, products, known) for row in rows]


def _take_one(context: ImportContext, row: ParsedRow, products: dict, known: dict) -> Outcome:
    code = row.get("product_code") or ""
    if code and code not in products:
        return Refused("compliance.product_code_unknown", f"这个店铺没有商品编码 {code}", f"The shop has no product {code}", "product_code")
    until = None if row.get("valid_until") in {None, date.max} else row["valid_until"]
    if until is not None and until < row["valid_from"]:
        return Refused("compliance.dates_reversed", "到期日早于生效日", "It ends before it begins", "valid_until")
    values = {"issuer": row.get("issuer") or "", "valid_from": row["valid_from"], "valid_until": until, "product_id": products.get(code)}
    existing = known.get((row["kind"], row["number"]))
    if existing is None:
        Document.objects.create(
            shop_id=context.shop_id, kind=row["kind"], number=row["number"], added_by=context.actor.name, added_at=context.now, **values
        )
        return Taken.NEW
    if all(getattr(existing, name) == value for name, value in values.items()):
        return Taken.SAME
    Document.objects.filter(pk=existing.pk).update(
        **values, state=DocumentState.FILED, confirmed_by="", confirmed_at=None, expiry_announced_at=None
    )
    return Taken.CHANGED


QUALIFICATIONS = ImportKind(
    key="qualifications",
    title_zh="资质清单",
    title_en="Qualification documents",
    ability=FILE,
    columns=(
        Column("kind", "资质类型", ("类型", "证照类型", "证件类型", "资质名称"), required=True, parse=choice(KIND_WORDS)),
        Column("number", "证号", ("编号", "证照编号", "证件号", "注册号", "报告编号", "统一社会信用代码"), required=True),
        Column("issuer", "发证机关", ("签发机构", "颁发机构", "检测机构", "授权方")),
        Column("valid_from", "生效日期", ("有效期起", "发证日期", "签发日期", "起始日期"), required=True, parse=day),
        Column("valid_until", "到期日期", ("有效期至", "有效期止", "截止日期", "失效日期"), parse=last_day),
        Column("product_code", "商品编码", ("适用商品", "货号", "款号")),
    ),
    apply=take,
    row_key=("kind", "number"),
    sample_rows=(
        {"kind": "营业执照", "number": "91330106MA2XXXXX0X", "issuer": "杭州市西湖区市场监督管理局", "valid_from": "2021-03-15", "valid_until": "长期"},
        {"kind": "质检报告", "number": "WT2611-0412", "issuer": "浙江省轻工业品质量检验研究院", "valid_from": "2026-11-02", "valid_until": "2027-11-01", "product_code": "KB-2417"},
    ),
    needs_shop=True,
)


def _kinds_named(cell: str) -> tuple[str, ...]:
    """This function will read documents by their titles or keys, parted by ； 、 or commas.   Raises: ValueError."""
    for mark in "；;、,，":
        cell = cell.replace(mark, "\n")
    return tuple(choice(KIND_WORDS)(word.strip()) for word in cell.split("\n") if word.strip())


def take_requirements(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will take rows of the matrix; one that stands already at the same place for the same documents gets a new version.   Source: CMP-1."""
    standing = {(one.platform, one.shop_type, one.category, tuple(sorted(one.documents))): one for one in matrix_rows.rows_in_force()}
    return [_take_requirement(context, row, standing) for row in rows]


def _take_requirement(context: ImportContext, row: ParsedRow, standing: dict) -> Outcome:
    draft = matrix_rows.RowDraft(
        row.get("platform") or "*", row.get("shop_type") or "*", row.get("category") or "*", row["documents"], row["grade"], row["source"],
        row["in_force_from"], row.get("replaces") or "",
    )  # fmt: skip
    known = standing.get((draft.platform, draft.shop_type, draft.category, tuple(sorted(draft.documents))))
    if known and (known.grade, known.source, known.in_force_from, known.replaces) == (draft.grade, draft.source, draft.in_force_from, draft.replaces):
        return Taken.SAME
    try:
        matrix_rows.save_row(actor=context.actor, draft=draft, now=context.now, line=known.line if known else None)
    except matrix_rows.MatrixRowUnusable as refusal:
        return Refused(refusal.code, refusal.message("zh"), refusal.message("en"))
    return Taken.CHANGED if known else Taken.NEW


REQUIREMENTS = ImportKind(
    key="requirements",
    title_zh="资质要求",
    title_en="Qualification requirements",
    ability=MATRIX,
    columns=(
        Column("platform", "平台"),
        Column("shop_type", "店铺类型"),
        Column("category", "类目"),
        Column("documents", "资质", ("要哪些资质", "所需资质"), required=True, parse=_kinds_named),
        Column("grade", "程度", required=True, parse=choice({"必须": "must", "建议": "should", "不要": "none", "must": "must", "should": "should", "none": "none"})),
        Column("source", "依据", ("来源",), required=True),
        Column("in_force_from", "生效日期", ("从哪天起",), required=True, parse=day),
        Column("replaces", "取代"),
    ),
    apply=take_requirements,
    row_key=("platform", "shop_type", "category", "documents"),
    sample_rows=(
        {"platform": "douyin", "shop_type": "旗舰店", "category": "beauty", "documents": "化妆品备案或注册凭证；品牌授权书", "grade": "必须", "source": "平台招商规则，2026-11-20 查看", "in_force_from": "2026-12-01"},
    ),
)
