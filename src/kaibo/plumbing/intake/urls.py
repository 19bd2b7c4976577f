from django.urls import path

from kaibo.plumbing.intake import views

app_name = "intake"
urlpatterns = [
    path("", views.runs, name="runs"),
    path("new", views.upload, name="upload"),
    path("sample/<str:kind_key>", views.sample, name="sample"),
    path("export/<str:kind_key>", views.export, name="export"),
    path("rows/<uuid:row_id>", views.correct, name="correct"),
    path("<uuid:run_id>", views.run, name="run"),
    path("<uuid:run_id>/progress", views.progress, name="progress"),
    path("<uuid:run_id>/columns", views.columns, name="columns"),
    path("<uuid:run_id>/retry", views.retry, name="retry"),
    path("<uuid:run_id>/platform", views.platform, name="platform"),
    path("<uuid:run_id>/accept", views.accept_proposals, name="accept-proposals"),
    path("<uuid:run_id>/discard", views.discard, name="discard"),
    path("<uuid:run_id>/quarantine.xlsx", views.quarantine_file, name="quarantine-file"),
]
