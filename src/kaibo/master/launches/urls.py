"""Addresses of the launch board."""

from django.urls import path

from kaibo.master.launches import views

app_name = "launches"
urlpatterns = [
    path("", views.board, name="board"),
    path("new", views.new, name="new"),
    path("<uuid:launch_id>", views.launch, name="launch"),
    path("<uuid:launch_id>/finish", views.finish, name="finish"),
    path("<uuid:launch_id>/plan", views.plan_stage, name="plan-stage"),
    path("<uuid:launch_id>/stages/<slug:stage>/override", views.ask_override, name="ask-override"),
    path("<uuid:launch_id>/overrides/<uuid:override_id>", views.confirm_override, name="confirm-override"),
]
