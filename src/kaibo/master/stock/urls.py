"""Addresses of the stock pages."""

from django.urls import path

from kaibo.master.stock import views

app_name = "stock"
urlpatterns = [
    path("", views.items, name="list"),
    path("<uuid:sku_id>", views.item, name="item"),
    path("<uuid:sku_id>/count", views.count, name="count"),
]
