"""Addresses of the stage's pages."""

from django.urls import path

from kaibo.stages.showplan import push_views, views

app_name = "showplan"
urlpatterns = [
    path("", views.sessions, name="sessions"),
    path("new", views.new_session, name="new"),
    path("<uuid:session_id>/", views.session, name="session"),
    path("<uuid:session_id>/change", views.change_session, name="change"),
    path("<uuid:session_id>/print", views.printed, name="print"),
    path("<uuid:session_id>/push", push_views.push, name="push"),
    path("<uuid:session_id>/push/health", push_views.health, name="push-health"),
    path("<uuid:session_id>/segments/new", views.new_segment, name="new-segment"),
    path("<uuid:session_id>/segments/<uuid:segment_id>", views.change_segment, name="change-segment"),
    path("<uuid:session_id>/segments/<uuid:segment_id>/remove", views.remove_segment, name="remove-segment"),
    path("<uuid:session_id>/reorder", views.reorder, name="reorder"),
    path("<uuid:session_id>/duties", views.assign, name="assign"),
    path("<uuid:session_id>/duties/<int:duty_id>/release", views.release, name="release"),
    path("<uuid:session_id>/duties/<int:duty_id>/confirm", views.confirm, name="confirm-duty"),
    path("<uuid:session_id>/equipment", views.sign, name="sign"),
    path("<uuid:session_id>/rehearsals", views.rehearse, name="rehearse"),
    path("<uuid:session_id>/ready", views.make_ready, name="ready"),
    path("<uuid:session_id>/draft", views.back_to_draft, name="draft"),
    path("<uuid:session_id>/cancel", views.cancel, name="cancel"),
    path("<uuid:session_id>/overrides", views.ask_override, name="ask-override"),
    path("<uuid:session_id>/overrides/<uuid:override_id>/confirm", views.confirm_override, name="confirm-override"),
]
