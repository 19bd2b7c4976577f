"""The page of stock age: what stands too long, and at which price would it go?"""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from kaibo.kit.money import yuan_text
from kaibo.master.catalog import queries as catalog
from kaibo.plumbing.answers import ConsoleRequest
from kaibo.stages.supply import aging

REASON_WORDS = {
    "young": (gettext_lazy("还不久"), ""), "soon_gone": (gettext_lazy("照现在的销量快卖完，不打折"), "ok"), "old": (gettext_lazy("放久了"), "warn"),
    "expiring": (gettext_lazy("到期前卖不完"), "bad"), "at_cost": (gettext_lazy("折到成本为止"), "warn"),
}  # fmt: skip

LOTS_SHOWN = 50


@require_GET
def stock_age(request: ConsoleRequest) -> HttpResponse:
    """What stands too long, and at which price would it go?   Source: SUP-11."""
    found = aging.rows_for(request.actor, request.now, shop_id=request.shop_id)
    bands, soon_gone = aging.bands_in_force()
    old = [one for one in found if one.plan.off_bp]
    figures = [
        {"name": _("该打折的批次"), "value": len(old), "beside": _("共 %(n)s 个在架批次") % {"n": len(found)}, "state": "warn" if old else "ok"},
        {"name": _("压着的成本"), "value": yuan_text(sum(one.bound_fen for one in old)), "beside": _("按成本价")},
        {"name": _("照方案让利"), "value": yuan_text(sum(one.given_up_fen for one in old)), "beside": _("全部按方案价卖完")},
    ]
    page = Paginator(found, LOTS_SHOWN).get_page(request.GET.get("page"))
    skus = catalog.sku_rows({one.lot.sku_id for one in page})
    rows = [(one, skus[one.lot.sku_id], *REASON_WORDS[one.plan.reason]) for one in page]
    shown = [(one.days, one.off_bp // 100) for one in bands]
    return render(request, "supply/stock_age.html", {"rows": rows, "page": page, "figures": figures, "bands": shown, "soon_gone": soon_gone})
