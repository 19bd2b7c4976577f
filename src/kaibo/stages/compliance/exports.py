"""The files compliance gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.stages.compliance import queries
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
