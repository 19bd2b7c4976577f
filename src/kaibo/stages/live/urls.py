"""Addresses of the stage's pages."""

from django.urls import path

from kaibo.stages.live import draw_views, playbook_views, prompter_views, talk_views, views

app_name = "live"
urlpatterns = [
    path("", views.desks, name="desks"),
    path("<uuid:session_id>/", views.desk, name="desk"),
    path("<uuid:session_id>/parts", views.parts, name="parts"),
    path("<uuid:session_id>/pulse", views.pulse, name="pulse"),
    path("<uuid:session_id>/outcome", views.outcome, name="outcome"),
    path("<uuid:session_id>/why/<uuid:item_id>", views.explain, name="explain"),
    path("<uuid:session_id>/figure/<slug:measure>", views.why_figure, name="why-figure"),
    path("<uuid:session_id>/prompter", prompter_views.prompter, name="prompter"),
    path("<uuid:session_id>/prompter/<slug:what>", prompter_views.answer, name="answer"),
    path("playbooks", playbook_views.playbooks, name="playbooks"),
    path("playbooks/<uuid:shop_id>/propose", playbook_views.propose, name="propose-playbooks"),
    path("playbooks/<uuid:shop_id>/new", playbook_views.playbook, name="new-playbook"),
    path("playbooks/<uuid:shop_id>/<uuid:playbook_id>", playbook_views.playbook, name="playbook"),
    path("playbooks/<uuid:shop_id>/<uuid:playbook_id>/drill", playbook_views.drill, name="drill"),
    path("incidents/<uuid:incident_id>", playbook_views.incident, name="incident"),
    path("incidents/<uuid:incident_id>/steps/<int:place>", playbook_views.tick, name="tick"),
    path("incidents/<uuid:incident_id>/tell", playbook_views.tell, name="tell"),
    path("incidents/<uuid:incident_id>/end", playbook_views.end, name="end-incident"),
    path("incidents/<uuid:incident_id>/report.<slug:form>", playbook_views.report, name="report"),
    path("replies", talk_views.reply_list, name="replies"),
    path("replies/<uuid:reply_id>/<slug:verdict>", talk_views.decide_reply, name="reply-decide"),
    path("<uuid:session_id>/talk", talk_views.page, name="talk"),
    path("<uuid:session_id>/talk/panel", talk_views.panel, name="talk-panel"),
    path("<uuid:session_id>/talk/tools", talk_views.tools, name="talk-tools"),
    path("<uuid:session_id>/talk/do/<slug:deed>", talk_views.act, name="talk-act"),
    path("<uuid:session_id>/draws", draw_views.page, name="draws"),
    path("<uuid:session_id>/draws/panel", draw_views.panel, name="draws-panel"),
    path("<uuid:session_id>/draws/new", draw_views.edit, name="draw-new"),
    path("<uuid:session_id>/draws/<uuid:draw_id>", draw_views.edit, name="draw-edit"),
    path("<uuid:session_id>/draws/<uuid:draw_id>/file", draw_views.file, name="draw-file"),
    path("<uuid:session_id>/draws/<uuid:draw_id>/<slug:deed>", draw_views.act, name="draw-act"),
    path("<uuid:session_id>/log", views.log, name="log"),
    path("<uuid:session_id>/start", views.start, name="start"),
    path("<uuid:session_id>/do/<slug:deed>", views.act, name="act"),
]
