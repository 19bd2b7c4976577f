from django.urls import path

from kaibo.plumbing.tables import views

app_name = "tables"
urlpatterns = [
    path("export", views.export, name="export"),
    path("views", views.save_view, name="save-view"),
    path("views/<uuid:view_id>/forget", views.forget_view, name="forget-view"),
]
