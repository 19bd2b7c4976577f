"""Addresses of the stage's pages."""

from django.urls import URLPattern, path

from kaibo.stages.listing import views

app_name = "listing"
urlpatterns: list[URLPattern] = [
    path("", views.listings, name="listings"),
    path("begin", views.begin, name="begin"),
    path("hot-words", views.hot_words, name="hot-words"),
    path("<uuid:listing_id>", views.listing, name="listing"),
    path("<uuid:listing_id>/lint", views.lint, name="lint"),
    path("<uuid:listing_id>/title", views.title, name="title"),
    path("<uuid:listing_id>/prices/<uuid:sku_id>", views.price, name="price"),
    path("<uuid:listing_id>/prices/<uuid:sku_id>/confirm", views.confirm_price, name="confirm-price"),
    path("<uuid:listing_id>/publish", views.publish, name="publish"),
    path("<uuid:listing_id>/withdraw", views.withdraw, name="withdraw"),
]
