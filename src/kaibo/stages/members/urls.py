"""Addresses of the stage's pages."""

from django.urls import path

from kaibo.stages.members import views

app_name = "members"
urlpatterns = [
    path("", views.home, name="home"),
    path("<uuid:member_id>/", views.member, name="member"),
    path("<uuid:member_id>/consent", views.consent, name="consent"),
    path("shops/<uuid:shop_id>/score", views.score, name="score"),
    path("shops/<uuid:shop_id>/segments/<str:segment>", views.segment, name="segment"),
    path("shops/<uuid:shop_id>/segments/<str:segment>/contact", views.contact, name="contact"),
]
