"""Marking the team's own orders."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.orders import internal_tests


@require_POST
def mark(request: ConsoleRequest, order_id: UUID) -> HttpResponse:
    internal_tests.mark(actor=request.actor, order_ids=[order_id], is_test=True, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已标为内部测试单，不计入任何数据"), "orders:order", order_id, undo=reverse("orders:unmark-test", args=[order_id]))


@require_POST
def unmark(request: ConsoleRequest, order_id: UUID) -> HttpResponse:
    internal_tests.mark(actor=request.actor, order_ids=[order_id], is_test=False, reason="", now=request.now)
    return done(request, _("已恢复为正常订单，重新计入数据"), "orders:order", order_id)
