"""Addresses of kept files."""

from django.urls import path

from kaibo.master.media import views

app_name = "media"
urlpatterns = [path("<uuid:media_id>", views.file, name="file")]
