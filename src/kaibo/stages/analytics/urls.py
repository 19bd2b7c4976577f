"""Addresses of the stage's pages."""

from django.urls import path

from kaibo.stages.analytics import product_views, views

app_name = "analytics"
urlpatterns = [
    path("", views.home, name="home"),
    path("<uuid:session_id>/", views.session, name="session"),
    path("<uuid:session_id>/recount", views.recount, name="recount"),
    path("<uuid:session_id>/causes/<str:cause>/accept", views.accept, name="accept"),
    path("<uuid:session_id>/causes/<str:cause>/drop", views.drop, name="drop"),
    path("<uuid:session_id>/conclude", views.conclude, name="conclude"),
    path("<uuid:session_id>/next", views.next_plan, name="next-plan"),
    path("<uuid:session_id>/workbook", views.take_workbook, name="workbook"),
    path("<uuid:session_id>/export/<str:what>", views.export, name="export"),
    path("products", product_views.products, name="products"),
    path("products/<uuid:product_id>", product_views.product, name="product"),
    path("products/<uuid:product_id>/<slug:point>/plan", product_views.plan, name="plan-improvement"),
    path("products/<uuid:product_id>/<slug:point>/decline", product_views.decline, name="decline-point"),
    path("improvements/<uuid:improvement_id>/done", product_views.finish, name="finish-improvement"),
    path("improvements/<uuid:improvement_id>/effect", product_views.note_outcome, name="note-outcome"),
    path("actions/<uuid:action_id>/done", views.finish, name="finish"),
]
