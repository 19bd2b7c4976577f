"""Addresses of the stage's pages."""

from django.urls import path

from kaibo.stages.live import views

app_name = "live"
urlpatterns = [
    path("", views.desks, name="desks"),
    path("<uuid:session_id>/", views.desk, name="desk"),
    path("<uuid:session_id>/parts", views.parts, name="parts"),
    path("<uuid:session_id>/pulse", views.pulse, name="pulse"),
    path("<uuid:session_id>/why/<uuid:item_id>", views.explain, name="explain"),
    path("<uuid:session_id>/prompter", views.prompter, name="prompter"),
    path("<uuid:session_id>/log", views.log, name="log"),
    path("<uuid:session_id>/start", views.start, name="start"),
    path("<uuid:session_id>/do/<slug:deed>", views.act, name="act"),
]
