"""Addresses of the stage's pages."""

from django.urls import URLPattern

app_name = "listing"
urlpatterns: list[URLPattern] = []
