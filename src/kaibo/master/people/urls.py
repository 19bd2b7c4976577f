"""Addresses of people and permissions."""

from django.urls import path

from kaibo.master.people import views

app_name = "people"
urlpatterns = [
    path("", views.people, name="list"),
    path("add", views.add, name="add"),
    path("<uuid:person_id>/active", views.set_active, name="set-active"),
    path("roles", views.roles, name="roles"),
    path("roles/grant", views.grant, name="grant"),
]
