"""Addresses of the stage's pages."""

from django.urls import path

from kaibo.stages.risk import supply_views, views

app_name = "risk"
urlpatterns = [
    path("", views.home, name="home"),
    path("watch", views.watch, name="watch"),
    path("supply", supply_views.home, name="supply"),
    path("supply/declare", supply_views.declare, name="declare-courier"),
    path("supply/incidents/<uuid:incident_id>/close", supply_views.close, name="close-supply"),
    path("couriers/<uuid:pause_id>", supply_views.courier, name="courier"),
    path("couriers/<uuid:pause_id>/end", supply_views.end_courier, name="end-courier"),
    path("stockouts/<uuid:sku_id>", supply_views.stockout, name="stockout"),
    path("stockouts/<uuid:sku_id>/do", supply_views.handle, name="handle-stockout"),
    path("<uuid:mention_id>/", views.mention, name="mention"),
    path("<uuid:mention_id>/take", views.take_on, name="take"),
    path("<uuid:mention_id>/answer", views.answer, name="answer"),
    path("<uuid:mention_id>/close", views.close, name="close"),
    path("<uuid:mention_id>/flag", views.flag, name="flag"),
    path("<uuid:mention_id>/dismiss", views.dismiss, name="dismiss"),
    path("tasks/<uuid:task_id>/finish", views.finish, name="finish-task"),
]
