"""Addresses of the stage's pages."""

from django.urls import path

from kaibo.stages.risk import views

app_name = "risk"
urlpatterns = [
    path("", views.home, name="home"),
    path("watch", views.watch, name="watch"),
    path("<uuid:mention_id>/", views.mention, name="mention"),
    path("<uuid:mention_id>/take", views.take_on, name="take"),
    path("<uuid:mention_id>/answer", views.answer, name="answer"),
    path("<uuid:mention_id>/close", views.close, name="close"),
    path("<uuid:mention_id>/flag", views.flag, name="flag"),
    path("<uuid:mention_id>/dismiss", views.dismiss, name="dismiss"),
    path("tasks/<uuid:task_id>/finish", views.finish, name="finish-task"),
]
