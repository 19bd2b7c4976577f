"""Addresses of the stage's pages."""

from django.urls import URLPattern

app_name = "selection"
urlpatterns: list[URLPattern] = []
