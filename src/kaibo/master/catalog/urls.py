"""Addresses of the goods' pages."""

from django.urls import path

from kaibo.master.catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.products, name="list"),
    path("new", views.new, name="new"),
    path("<uuid:product_id>", views.product, name="product"),
    path("<uuid:product_id>/items", views.add_sku, name="add-sku"),
    path("<uuid:product_id>/words", views.describe, name="describe"),
]
