from django.urls import path

from kaibo.plumbing.robots import views

app_name = "robots"
urlpatterns = [
    path("", views.robot_list, name="list"),
    path("new/<slug:kind>", views.connect, name="connect"),
    path("<uuid:robot_id>", views.change, name="change"),
    path("<uuid:robot_id>/test", views.test, name="test"),
]
