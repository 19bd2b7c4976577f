"""Taking a wrong mapping back."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.orders import unlearning


@require_POST
def take_back(request: ConsoleRequest, finding_id: UUID) -> HttpResponse:
    made = unlearning.take_back(actor=request.actor, finding_id=finding_id, now=request.now)
    told = {"n": made.asked_again, "gone": made.gone}
    if made.gone:
        return done(request, _("已撤回：%(n)s 单重新待核验，这个叫法已忘掉；另有 %(gone)s 单已发出或正在发，要逐单处理") % told, "orders:verification")
    return done(request, _("已撤回：%(n)s 单重新待核验，这个叫法已忘掉") % told, "orders:verification")
