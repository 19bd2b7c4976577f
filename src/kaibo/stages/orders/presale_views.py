"""Orders sold ahead: whose goods are not here yet, and whose promise breaks?"""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kaibo.plumbing.answers import ConsoleRequest
from kaibo.stages.orders import presale_orders

SHOWN = 50


@require_GET
def waiting(request: ConsoleRequest) -> HttpResponse:
    """Which orders wait for goods, and are they here in time?   Source: SUP-14, ORD-4."""
    item = request.GET.get("item", "").strip()
    rows = presale_orders.waiting_orders(request.actor, request.now, shop_id=request.shop_id, item=item)
    broken = {row.order.pk for row in rows if row.waiting.breaks}
    uncovered = sum(row.waiting.outlook.uncovered for row in rows)
    figures = [
        {"name": _("在等货"), "value": len({row.order.pk for row in rows}), "beside": _("单")},
        {"name": _("没到"), "value": sum(row.waiting.row.units for row in rows), "beside": _("件")},
        {"name": _("赶不上承诺"), "value": len(broken), "beside": _("单"), "state": "bad" if broken else ""},
        {"name": _("没有在途对上"), "value": uncovered, "beside": _("件"), "state": "bad" if uncovered else ""},
    ]  # fmt: skip
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    return render(request, "orders/presale.html", {"page": page, "figures": figures, "item": item, "broken": len(broken)})
