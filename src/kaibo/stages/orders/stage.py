"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.orders import exports
from kaibo.stages.orders.carriers import carriers
from kaibo.stages.orders.checks import differences
from kaibo.stages.orders.deals import DEALS
from kaibo.stages.orders.freight_files import FREIGHT, FREIGHT_OUT
from kaibo.stages.orders.gates import gate
from kaibo.stages.orders.imports import ORDERS, SHIPMENTS
from kaibo.stages.orders.permissions import ABILITIES, ROLES, SEE
from kaibo.stages.orders.presale_orders import PRESALE_OUT
from kaibo.stages.orders.search import search
from kaibo.stages.orders.today import badge, today

STAGE = Stage(
    key="orders",
    pages=(
        Page(_("订单"), "orders:list", SEE),
        Page(_("五要素核验"), "orders:verification", SEE),
        Page(_("拣货与发货"), "orders:picking", SEE),
        Page(_("包裹与物流"), "orders:parcels", SEE),
        Page(_("快递与仓库规则"), "orders:routes", SEE),
        Page(_("对账"), "orders:reconciliation", SEE),
        Page(_("批次与订单"), "orders:lots", SEE),
        Page(_("平台对接"), "orders:channels", SEE),
        Page(_("渠道库存"), "orders:channel-stock", SEE),
        Page(_("预售等货"), "orders:presale", SEE),
    ),
    abilities=ABILITIES,
    roles=ROLES,
    gate=gate,
    search=search,
    today=today,
    badge=badge,
    check=differences,
    deal_book=DEALS,
    carriers=carriers,
    imports=(ORDERS, SHIPMENTS, FREIGHT),
    exports=(exports.ORDERS, FREIGHT_OUT, PRESALE_OUT),
    thresholds=(
        Threshold("orders.quantity_limit", 5, "count", "核验：一行最多件数", "Verification: most units a line", "ORD-2 · 场次限购"),
        Threshold("orders.price_tolerance_bp", 1_000, "bp", "核验：单价偏离公示价的容差", "Verification: unit price off the published price", "ORD-2 · 明码标价规定 art. 19"),
        Threshold("orders.ship_within_hours", 48, "hours", "平台没有承诺时的发货时限", "Ship within, where no platform promised", "ORD-4 · 平台 48 小时发货规则"),
        Threshold("orders.pickup_hours", 24, "hours", "包裹：发出后多久没揽收算异常", "Parcels: trouble when not picked up within", "ORD-5 · 平台揽收时效"),
        Threshold("orders.first_scan_hours", 24, "hours", "包裹：揽收后多久没有下一条", "Parcels: trouble after picking up without a scan for", "ORD-5"),
        Threshold("orders.transit_hours", 48, "hours", "包裹：运输中多久没有更新", "Parcels: trouble on the way without a scan for", "ORD-5"),
        Threshold("orders.customs_hours", 120, "hours", "包裹：清关多久没有更新", "Parcels: trouble in customs without a scan for", "ORD-5"),
        Threshold("orders.delivery_hours", 24, "hours", "包裹：派送多久没有签收", "Parcels: trouble out for delivery for", "ORD-5"),
        Threshold("orders.station_hours", 72, "hours", "包裹：到驿站多久没人取", "Parcels: trouble at a station for", "ORD-5"),
        Threshold("orders.trouble_hours", 24, "hours", "包裹异常要在多久内处理", "Parcels in trouble to be settled within", "ORD-5"),
        Threshold("orders.unit_grams", 500, "count", "没有填重量的货号按每件多少克算", "Grams a unit where an item's weight is not known", "SUP-13，数值为本店约定"),
        Threshold("orders.duplicate_minutes", 30, "minutes", "核验：同人同址同款多久内算重复", "Verification: same buyer, address and item within", "ORD-2"),
    ),
)  # fmt: skip
