"""Addresses of the stage's pages."""

from django.urls import URLPattern

app_name = "aftersales"
urlpatterns: list[URLPattern] = []
