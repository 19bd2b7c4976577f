"""The console's JSON API under /api/v1: tokens with abilities, one shape of errors and pages, OpenAPI at /api/v1/docs."""

from __future__ import annotations

import json
from functools import cache

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.responses import NinjaJSONEncoder
from ninja.security import HttpBearer

from kaibo.kit.errors import KaiboError
from kaibo.master.catalog.api import router as catalog_router
from kaibo.master.launches.api import router as launches_router
from kaibo.master.people.queries import actor_of_token
from kaibo.master.stock.api import router as stock_router
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.aftersales.api import router as aftersales_router
from kaibo.stages.analytics.api import router as analytics_router
from kaibo.stages.compliance.api import router as compliance_router
from kaibo.stages.listing.api import router as listing_router
from kaibo.stages.live.api import router as live_router
from kaibo.stages.members.api import router as members_router
from kaibo.stages.orders.api import router as orders_router
from kaibo.stages.risk.api import router as risk_router
from kaibo.stages.selection.api import router as selection_router
from kaibo.stages.showplan.api import router as showplan_router
from kaibo.stages.supply.api import router as supply_router
from kaibo.stages.warmup.api import router as warmup_router


class Token(HttpBearer):
    """`Authorization: Bearer kb_…`; the token's abilities are those of its person, narrowed."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        actor = actor_of_token(token, now=request.now)  # type: ignore[attr-defined]  # set by ActorMiddleware
        if actor is not None:
            request.actor = actor  # type: ignore[attr-defined]
        return actor


api = NinjaAPI(
    title="Kaibo 开播",
    version="1",
    description="Errors are `{code, message, details}` (422, 403, 404, 409, 429, 503). Writes take an `Idempotency-Key`. "
    "Money is integer fen, rates are basis points, times are UTC.",
    auth=Token(),
    urls_namespace="api",
)


@api.exception_handler(KaiboError)
def refuse(request: HttpRequest, error: KaiboError) -> HttpResponse:
    """This function will answer a refusal in the API's one shape."""
    language = "en" if request.headers.get("Accept-Language", "").startswith("en") else "zh"
    return api.create_response(request, error.as_json(language), status=error.status)


@api.exception_handler(ValidationError)
def refuse_shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """This function will name the fields that do not fit."""
    wrong = [{"where": list(one["loc"]), "why": one["msg"]} for one in error.errors]
    return api.create_response(
        request, {"code": "invalid", "message": "请求格式有误", "details": {"fields": wrong}}, status=422
    )


api.add_router("/goods", catalog_router)
api.add_router("/stock", stock_router)
api.add_router("/launches", launches_router)
api.add_router("/selection", selection_router)
api.add_router("/supply", supply_router)
api.add_router("/compliance", compliance_router)
api.add_router("/listing", listing_router)
api.add_router("/analytics", analytics_router)
api.add_router("/aftersales", aftersales_router)
api.add_router("/live", live_router)
api.add_router("/members", members_router)
api.add_router("/orders", orders_router)
api.add_router("/risk", risk_router)
api.add_router("/showplan", showplan_router)
api.add_router("/warmup", warmup_router)


@cache
def _document() -> bytes:
    return json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), cls=NinjaJSONEncoder).encode()


def openapi_document(request: HttpRequest) -> HttpResponse:
    """This function will give the OpenAPI document, written once a process: a thousand shapes take most of a second."""
    return HttpResponse(_document(), content_type="application/json")
