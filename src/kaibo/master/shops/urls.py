"""Addresses of these pages."""

from django.urls import URLPattern

app_name = "shops"
urlpatterns: list[URLPattern] = []
