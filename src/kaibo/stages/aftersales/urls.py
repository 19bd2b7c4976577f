"""Addresses of the stage's pages."""

from django.urls import path

from kaibo.stages.aftersales import case_views, platform_views, rule_views, views

app_name = "aftersales"
urlpatterns = [
    path("", views.case_list, name="list"),
    path("new", views.new_case, name="new"),
    path("review", views.new_review, name="new-review"),
    path("assign", case_views.assign, name="assign"),
    path("platforms", platform_views.platforms, name="platforms"),
    path("platforms/<uuid:channel_id>/compare", platform_views.compare, name="compare-day"),
    path("platforms/reports/<uuid:report_id>", platform_views.gaps_file, name="gaps-file"),
    path("severity", rule_views.severity, name="severity"),
    path("severity/cell", rule_views.change_cell, name="change-cell"),
    path("severity/level/<slug:level>", rule_views.change_level, name="change-level"),
    path("severity/restore/<int:number>", rule_views.restore, name="restore-rules"),
    path("severity/closed", rule_views.closed_day, name="closed-day"),
    path("refunds/<uuid:request_id>/decide", case_views.decide_refund, name="decide-refund"),
    path("<uuid:case_id>", case_views.case, name="case"),
    path("<uuid:case_id>/move", case_views.move, name="move"),
    path("<uuid:case_id>/kind", case_views.change_kind, name="change-kind"),
    path("<uuid:case_id>/receive", case_views.receive, name="receive"),
    path("<uuid:case_id>/refund", case_views.refund, name="refund"),
    path("<uuid:case_id>/replacement", case_views.send_again, name="send-again"),
    path("<uuid:case_id>/replacement/drop", case_views.drop_replacement, name="drop-replacement"),
    path("<uuid:case_id>/call/feeling", case_views.write_call, {"part": "feeling"}, name="call-feeling"),
    path("<uuid:case_id>/call/problem", case_views.write_call, {"part": "problem"}, name="call-problem"),
    path("<uuid:case_id>/call/offer", case_views.write_call, {"part": "offer"}, name="call-offer"),
    path("<uuid:case_id>/contact", case_views.contact, name="contact"),
    path("<uuid:case_id>/step/<int:step>", case_views.step, name="step"),
    path("<uuid:case_id>/seen", platform_views.seen, name="seen"),
    path("<uuid:case_id>/close", case_views.close, name="close"),
]
