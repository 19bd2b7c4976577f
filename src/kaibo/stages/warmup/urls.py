"""Addresses of the stage's pages; `t/<code>` is for everybody."""

from django.urls import path

from kaibo.stages.warmup import views

app_name = "warmup"
urlpatterns = [
    path("", views.campaigns, name="campaigns"),
    path("t/<slug:code>", views.follow, name="follow"),
    path("links/<uuid:link_id>/close", views.close_link, name="close-link"),
    path("links/<uuid:link_id>/code.<slug:shape>", views.code_picture, name="code"),
    path("<uuid:session_id>/", views.campaign, name="campaign"),
    path("<uuid:session_id>/publish", views.publish, name="publish"),
    path("<uuid:session_id>/withdraw", views.withdraw, name="withdraw"),
    path("<uuid:session_id>/links", views.add_link, name="add-link"),
]
