"""Addresses of the stage's pages."""

from django.urls import URLPattern, path

from kaibo.stages.selection import views

app_name = "selection"
urlpatterns: list[URLPattern] = [
    path("", views.markets, name="markets"),
    path("markets/new", views.add_market, name="market-new"),
    path("markets/<uuid:market_id>", views.market, name="market"),
    path("markets/<uuid:market_id>/reference", views.set_reference, name="reference"),
    path("markets/<uuid:market_id>/complaints/<slug:theme>", views.complaints, name="complaints"),
    path("candidates", views.candidates, name="candidates"),
    path("candidates/new", views.new_candidate, name="candidate-new"),
    path("candidates/<uuid:candidate_id>", views.candidate, name="candidate"),
    path("candidates/<uuid:candidate_id>/edit", views.edit_candidate, name="candidate-edit"),
    path("candidates/<uuid:candidate_id>/score", views.score, name="score"),
    path("candidates/<uuid:candidate_id>/approve", views.approve, name="approve"),
    path("candidates/<uuid:candidate_id>/reject", views.reject, name="reject"),
]
