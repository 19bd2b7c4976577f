"""Addresses of the stage's pages."""

from django.urls import URLPattern

app_name = "supply"
urlpatterns: list[URLPattern] = []
