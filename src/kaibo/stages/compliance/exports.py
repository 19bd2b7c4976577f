"""The files compliance gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.kit.clock import utc_now
from kaibo.kit.money import yuan_text
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.compliance import evidence, matrix_rows, queries, struck_work
from kaibo.stages.compliance.permissions import SEE
from kaibo.stages.compliance.rules import packaged_matrix

STATE_WORDS = {"filed": "待核对", "confirmed": "已核对", "withdrawn": "已作废"}


def _documents(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    found = queries.documents_for(actor)
    if start:
        found = found.filter(added_at__gte=start)
    if end:
        found = found.filter(added_at__lt=end)
    for one in found.iterator():
        yield (
            packaged_matrix().title(one.kind), one.number, one.issuer, one.valid_from, one.valid_until, one.product.code if one.product else "",
            one.shop.name, STATE_WORDS[one.state], one.added_by, one.confirmed_by,
        )


QUALIFICATIONS_OUT = ExportKind(
    key="qualifications",
    title_zh="资质清单",
    title_en="Qualification documents",
    ability=SEE,
    columns=(
        ExportColumn("kind", "资质类型"), ExportColumn("number", "证号"), ExportColumn("issuer", "发证机关"), ExportColumn("valid_from", "生效日期", Cell.DAY),
        ExportColumn("valid_until", "到期日期", Cell.DAY), ExportColumn("product_code", "商品编码"), ExportColumn("shop", "店铺"),
        ExportColumn("state", "状态"), ExportColumn("added_by", "上传人"), ExportColumn("confirmed_by", "核对人"),
    ),
    rows=_documents,
)

GRADES = {"must": "必须", "should": "建议", "none": "不要"}


def _requirements(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    """Every version of our own rows, and the packaged rows as they came."""
    matrix = packaged_matrix()
    for rule in matrix.rules:
        titles = "；".join(matrix.title(kind) for kind in rule.documents)
        yield ("随程序", rule.platform, rule.shop_type, rule.category, titles, GRADES["must" if rule.is_must else "should"], rule.source, None, rule.key, 1, "", None)
    for one in matrix_rows.MatrixRow.objects.order_by("line", "version"):
        titles = "；".join(matrix.title(kind) for kind in one.documents)
        yield ("自己", one.platform, one.shop_type, one.category, titles, GRADES[one.grade], one.source, one.in_force_from, one.replaces, one.version, one.added_by, one.ended_at)


REQUIREMENTS_OUT = ExportKind(
    key="requirements",
    title_zh="资质要求",
    title_en="Qualification requirements",
    ability=SEE,
    columns=(
        ExportColumn("whose", "谁的"), ExportColumn("platform", "平台"), ExportColumn("shop_type", "店铺类型"), ExportColumn("category", "类目"),
        ExportColumn("documents", "资质"), ExportColumn("grade", "程度"), ExportColumn("source", "依据"), ExportColumn("in_force_from", "生效日期", Cell.DAY),
        ExportColumn("replaces", "取代"), ExportColumn("version", "版本", Cell.WHOLE), ExportColumn("added_by", "谁改的"), ExportColumn("ended_at", "停用时间", Cell.WHEN),
    ),
    rows=_requirements,
)


def _rights(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    for one in evidence.rights_for(actor).iterator():
        yield (one.kind, one.title, one.number, one.owner, one.authorisation, one.valid_from, one.valid_until, one.product.code if one.product else "", one.shop.name, one.added_by)


RIGHTS_OUT = ExportKind(
    key="ip_rights",
    title_zh="知识产权登记",
    title_en="Register of intellectual property",
    ability=SEE,
    columns=(
        ExportColumn("kind", "种类"), ExportColumn("title", "名称"), ExportColumn("number", "编号"), ExportColumn("owner", "权利人"), ExportColumn("authorisation", "授权书"),
        ExportColumn("valid_from", "生效日期", Cell.DAY), ExportColumn("valid_until", "到期日期", Cell.DAY), ExportColumn("product", "商品编码"), ExportColumn("shop", "店铺"), ExportColumn("added_by", "登记人"),
    ),
    rows=_rights,
)


def _likenesses(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    for one in evidence.likenesses_for(actor).iterator():
        yield (one.product.code, one.product.title, one.their_origin, one.their_title, one.how, one.distance, one.found_at, one.state, one.ground, one.decided_by, one.decided_at)


LIKENESSES_OUT = ExportKind(
    key="likenesses",
    title_zh="相似与判断",
    title_en="Likenesses and decisions",
    ability=SEE,
    columns=(
        ExportColumn("product", "商品编码"), ExportColumn("title", "商品"), ExportColumn("origin", "像谁的"), ExportColumn("their_title", "对方标题"), ExportColumn("how", "怎么像"),
        ExportColumn("distance", "相差位数", Cell.WHOLE), ExportColumn("found_at", "发现时间", Cell.WHEN), ExportColumn("state", "判断"), ExportColumn("ground", "依据"),
        ExportColumn("decided_by", "判断人"), ExportColumn("decided_at", "判断时间", Cell.WHEN),
    ),
    rows=_likenesses,
)


def _struck(actor: Actor, start: datetime | None, end: datetime | None) -> Iterator[tuple[Any, ...]]:
    for one in struck_work.work_of(actor, end or utc_now()):
        held = one.compared
        todo = f"改到不高于 {yuan_text(one.instead_fen)}" if one.instead_fen else "撤下划线价"
        yield (one.platform_title, held.shop.name, held.sku.code, held.sku.product.title, held.struck_fen, held.price_fen, held.began_at, todo, one.instead_fen, one.reason, one.since, one.source)


STRUCK_OUT = ExportKind(
    key="struck_work",
    title_zh="要改的划线价",
    title_en="Struck prices to change",
    ability=SEE,
    columns=(
        ExportColumn("platform", "平台"), ExportColumn("shop", "店铺"), ExportColumn("sku", "货号"), ExportColumn("product", "商品"), ExportColumn("struck", "现在的划线价", Cell.MONEY),
        ExportColumn("price", "售价", Cell.MONEY), ExportColumn("began", "从何时起划", Cell.WHEN), ExportColumn("todo", "要做什么"), ExportColumn("instead", "最多能划", Cell.MONEY),
        ExportColumn("why", "为什么"), ExportColumn("since", "从何时起站不住", Cell.WHEN), ExportColumn("source", "依据"),
    ),
    rows=_struck,
)
