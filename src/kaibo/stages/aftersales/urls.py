"""Addresses of the stage's pages."""

from django.urls import path

from kaibo.stages.aftersales import views

app_name = "aftersales"
urlpatterns = [
    path("", views.case_list, name="list"),
    path("new", views.new_case, name="new"),
    path("assign", views.assign, name="assign"),
    path("severity", views.severity, name="severity"),
    path("<uuid:case_id>", views.case, name="case"),
    path("<uuid:case_id>/move", views.move, name="move"),
    path("<uuid:case_id>/receive", views.receive, name="receive"),
    path("<uuid:case_id>/refund", views.refund, name="refund"),
    path("<uuid:case_id>/contact", views.contact, name="contact"),
    path("<uuid:case_id>/step/<int:step>", views.step, name="step"),
    path("<uuid:case_id>/close", views.close, name="close"),
]
