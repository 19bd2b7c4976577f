"""How far launches of the example shop are supplied: tonight's coat confirmed, next week's trench coat short of goods and above its budget."""

from __future__ import annotations

from datetime import datetime, timedelta

from kaibo.demo.cast import actor
from kaibo.demo.house import House
from kaibo.kit.clock import business_date
from kaibo.master.launches.models import Launch
from kaibo.stages.supply import launch_coverage, launch_materials, launch_plans
from kaibo.stages.supply.models import Supplier

MATERIALS = (
    ("packaging", "飞机盒 35×25×8", 1_000, None, 400, 165, "杭州瑞丰纸箱"), ("packaging", "封箱胶带（50 包一卷）", 20, None, 6, 480, ""),
    ("promotion", "穿搭卡（对折）", 1_000, None, 0, 38, "九堡快印"), ("promotion", "开播背板", None, 1, 0, 68_000, "九堡快印"),
)  # fmt: skip


def lay(house: House, now: datetime) -> None:
    """This function will plan the supply of two launches."""
    short = Launch.objects.filter(shop=house.shop_id, on_air_at__gt=now).order_by("created_at").first()
    for launch_id in (short.pk if short else None, house.launches["KB-2417"]):
        if launch_id is None:
            continue
        launch_plans.begin(actor=actor("chenyi"), launch_id=launch_id, now=now - timedelta(hours=30))
        _plan(Launch.objects.get(pk=launch_id), now, is_short=short is not None and launch_id == short.pk)
    launch_plans.confirm(actor=actor("hemu"), launch_id=house.launches["KB-2417"], now=now - timedelta(hours=2))


def _plan(launch: Launch, now: datetime, *, is_short: bool) -> None:
    buyer, lead, keeper, then = actor("chenyi"), actor("hemu"), actor("shencang"), now - timedelta(hours=20)
    view = launch_coverage.view_of(launch_coverage.plan_for(buyer, launch.pk), now)
    for one in view.items:
        there = one.coverage.there + one.coverage.coming
        launch_plans.set_units(
            actor=buyer, launch_id=launch.pk, sku_id=one.sku.id, units=there + 260 if is_short else min(there, 120), reason="按上一场同价位的 1.3 倍估", now=then
        )
    launch_plans.set_delivery(
        actor=keeper, launch_id=launch.pk, warehouse_id=view.plan.warehouse_id, units_a_parcel_milli=1_300, pack_a_day=900, reason="大促临时工 6 人已签", now=then
    )
    if is_short and view.items:
        maker = Supplier.objects.get(code="szdk")
        said = launch_plans.CapacitySaid(maker.pk, view.items[0].sku.id, 150, view.needed_on, "顶客·周厂长（微信）")
        launch_plans.note_capacity(actor=buyer, launch_id=launch.pk, said=said, now=then)
    launch_materials.set_budget(actor=lead, launch_id=launch.pk, budget_fen=60_000 if is_short else 200_000, reason="按首批毛利的 2%", now=then)
    made = [
        launch_materials.add_material(
            actor=keeper, launch_id=launch.pk, now=then,
            said=launch_materials.MaterialSaid(kind, title, a_parcel, total, there, fen, maker, max(view.needed_on, business_date(now))),
        )
        for kind, title, a_parcel, total, there, fen, maker in MATERIALS
    ]  # fmt: skip
    launch_materials.order_material(actor=keeper, material_id=made[2].pk, now=then + timedelta(hours=1))
    if is_short:
        launch_materials.ask_raise(actor=buyer, launch_id=launch.pk, up_to_fen=120_000, reason="背板三场共用，摊下来不贵", now=now - timedelta(hours=3))
        return
    launch_materials.note_arrival(actor=keeper, material_id=made[2].pk, spent_fen=None, now=now - timedelta(hours=4))
