"""A wiring with the tests' own kinds, so that these tests stand without any stage."""

from __future__ import annotations

from kaibo.plumbing.intake.kinds import Cell, ExportColumn, ExportKind
from kaibo.plumbing.intake.manifest import MANIFEST as INTAKE
from kaibo.plumbing.tables.manifest import MANIFEST as TABLES
from kaibo.plumbing.wiring import Ability, Stage, Wiring
from tests.plumbing.intake.kinds import HANDED, PARCELS


def parcel_rows(actor, start, end):
    yield ("6917000000000000001", "=1+1", 129900, 1)
    yield ("6917000000000000002", "@羊毛\n大衣", -5, None)


EXPORT = ExportKind(
    key="parcels",
    title_zh="包裹",
    title_en="Parcels",
    ability="parcels:file:export",
    columns=(ExportColumn("order_no", "订单编号"), ExportColumn("goods", "商品"), ExportColumn("paid_fen", "金额", Cell.MONEY), ExportColumn("quantity", "件数", Cell.WHOLE)),
    rows=parcel_rows,
)
PARCEL_STAGE = Stage(
    key="parcels",
    abilities=(Ability("parcels:file:import", "导入包裹", "Import parcels"), Ability("parcels:file:export", "导出包裹", "Export parcels")),
    roles={"warehouse": ("parcels:file:import", "parcels:file:export")},
    imports=(PARCELS, HANDED),
    exports=(EXPORT,),
)
WIRING = Wiring(stages=(PARCEL_STAGE,), shared=(INTAKE, TABLES), reactions={})
