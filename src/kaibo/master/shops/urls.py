"""Addresses of shops and channels."""

from django.urls import path

from kaibo.master.shops import views

app_name = "shops"
urlpatterns = [
    path("", views.shops, name="list"),
    path("add", views.add_shop, name="add-shop"),
    path("<uuid:shop_id>/contact", views.say_contact, name="contact"),
    path("channels/add", views.add_channel, name="add-channel"),
]
