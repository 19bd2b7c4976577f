"""Addresses of the stage's pages."""

from django.urls import URLPattern

app_name = "compliance"
urlpatterns: list[URLPattern] = []
