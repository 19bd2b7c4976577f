"""Addresses of the shell's own pages."""

from django.urls import path

from kaibo.console import door, gallery, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in", door.sign_in, name="sign-in"),
    path("sign-in/code", door.sign_in_code, name="sign-in-code"),
    path("sign-out", door.sign_out, name="sign-out"),
    path("search", views.search, name="search"),
    path("notices", views.notices, name="notices"),
    path("notices/read", views.read_notices, name="read-notices"),
    path("why", views.why, name="why"),
    path("profile", views.profile, name="profile"),
    path("profile/password", views.set_password, name="set-password"),
    path("profile/factor", views.begin_factor, name="begin-factor"),
    path("profile/factor/confirm", views.confirm_factor, name="confirm-factor"),
    path("profile/factor/drop", views.drop_factor, name="drop-factor"),
    path("preferences", views.preferences, name="preferences"),
    path("shop", views.choose_shop, name="choose-shop"),
    path("jobs", views.jobs, name="jobs"),
    path("jobs/<str:kind>/<int:work_id>/retry", views.retry, name="retry-job"),
    path("settings/thresholds", views.threshold_list, name="thresholds"),
    path("settings/thresholds/<str:key>", views.change_threshold, name="change-threshold"),
    path("components", gallery.components, name="components"),
    path("components/progress", gallery.sample_progress, name="sample-progress"),
]
