"""Every address of the console."""

from __future__ import annotations

from django.urls import include, path

from kaibo.config.api import api, openapi_document
from kaibo.stages.warmup import views as warmup_views

urlpatterns = [
    path("", include("kaibo.console.urls")),
    path("api/v1/openapi.json", openapi_document),
    path("api/v1/", api.urls),
    path("t/<slug:code>", warmup_views.follow, name="follow"),
    path("launches/", include("kaibo.master.launches.urls")),
    path("goods/", include("kaibo.master.catalog.urls")),
    path("stock/", include("kaibo.master.stock.urls")),
    path("people/", include("kaibo.master.people.urls")),
    path("shops/", include("kaibo.master.shops.urls")),
    path("media/", include("kaibo.master.media.urls")),
    path("imports/", include("kaibo.plumbing.intake.urls")),
    path("tables/", include("kaibo.plumbing.tables.urls")),
    path("settings/robots/", include("kaibo.plumbing.robots.urls")),
    path("selection/", include("kaibo.stages.selection.urls")),
    path("supply/", include("kaibo.stages.supply.urls")),
    path("compliance/", include("kaibo.stages.compliance.urls")),
    path("listing/", include("kaibo.stages.listing.urls")),
    path("showplan/", include("kaibo.stages.showplan.urls")),
    path("warmup/", include("kaibo.stages.warmup.urls")),
    path("live/", include("kaibo.stages.live.urls")),
    path("orders/", include("kaibo.stages.orders.urls")),
    path("aftersales/", include("kaibo.stages.aftersales.urls")),
    path("analytics/", include("kaibo.stages.analytics.urls")),
    path("members/", include("kaibo.stages.members.urls")),
    path("risk/", include("kaibo.stages.risk.urls")),
]
handler404 = "kaibo.console.views.not_found"
handler500 = "kaibo.console.views.broken"
handler403 = "kaibo.console.views.forbidden"
