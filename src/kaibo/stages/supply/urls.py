"""Addresses of supply's pages."""

from django.urls import path

from kaibo.stages.supply import views

app_name = "supply"
urlpatterns = [
    path("", views.home, name="home"),
    path("purchases", views.purchases, name="purchases"),
    path("purchases/new", views.new_purchase, name="new-purchase"),
    path("purchases/<uuid:purchase_id>", views.purchase, name="purchase"),
    path("purchases/<uuid:purchase_id>/approve", views.approve, name="approve"),
    path("purchases/<uuid:purchase_id>/cancel", views.cancel, name="cancel"),
    path("purchases/<uuid:purchase_id>/receive", views.receive, name="receive"),
    path("inspections", views.inspections, name="inspections"),
    path("inspections/<uuid:inspection_id>", views.inspection, name="inspection"),
    path("lots/<uuid:lot_id>", views.trace, name="trace"),
    path("suppliers", views.suppliers, name="suppliers"),
    path("suppliers/add", views.add_supplier, name="add-supplier"),
    path("suppliers/quotes", views.add_quote, name="add-quote"),
    path("safety/<uuid:sku_id>", views.recompute, name="recompute"),
]
