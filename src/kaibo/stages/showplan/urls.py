"""Addresses of the stage's pages."""

from django.urls import URLPattern

app_name = "showplan"
urlpatterns: list[URLPattern] = []
