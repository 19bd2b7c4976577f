"""Addresses of the stage's pages."""

from django.urls import URLPattern, path

from kaibo.stages.listing import page_views, trial_views, views

app_name = "listing"
urlpatterns: list[URLPattern] = [
    path("", views.listings, name="listings"),
    path("begin", views.begin, name="begin"),
    path("hot-words", views.hot_words, name="hot-words"),
    path("trials", trial_views.trials, name="trials"),
    path("trials/<uuid:trial_id>", trial_views.trial, name="trial"),
    path("trials/<uuid:trial_id>/change", trial_views.note_change, name="trial-change"),
    path("trials/<uuid:trial_id>/day", trial_views.type_day, name="trial-day"),
    path("trials/<uuid:trial_id>/mean", trial_views.set_mean, name="trial-mean"),
    path("trials/<uuid:trial_id>/to/<str:to>", trial_views.step_trial, name="trial-step"),
    path("tests", trial_views.tests, name="tests"),
    path("tests/<uuid:test_id>", trial_views.test, name="test"),
    path("tests/<uuid:test_id>/day", trial_views.type_test_day, name="test-day"),
    path("tests/<uuid:test_id>/decide/<str:version>", trial_views.decide_test, name="test-decide"),
    path("<uuid:listing_id>/proposals", page_views.proposals, name="proposals"),
    path("<uuid:listing_id>/category", page_views.category, name="category"),
    path("<uuid:listing_id>/category/choose", page_views.choose_category, name="choose-category"),
    path("<uuid:listing_id>/pictures", page_views.pictures, name="pictures"),
    path("<uuid:listing_id>/pictures/add", page_views.add_picture, name="add-picture"),
    path("<uuid:listing_id>/pictures/<uuid:picture_id>/remove", page_views.remove_picture, name="remove-picture"),
    path("<uuid:listing_id>/pictures/<uuid:picture_id>/lead", page_views.lead_with, name="lead-picture"),
    path("<uuid:listing_id>/pictures/<uuid:picture_id>/answers", page_views.answer_checklist, name="answer-picture"),
    path("<uuid:listing_id>/detail", page_views.detail, name="detail"),
    path("<uuid:listing_id>/detail/review", page_views.review_detail, name="review-detail"),
    path("<uuid:listing_id>/detail/save", page_views.save_detail, name="save-detail"),
    path("<uuid:listing_id>/detail/preview", page_views.preview, name="preview-detail"),
    path("<uuid:listing_id>/detail/file.<slug:kind>", page_views.detail_file, name="detail-file"),
    path("<uuid:listing_id>/detail/export", page_views.export_detail, name="export-detail"),
    path("<uuid:listing_id>/trial", trial_views.begin_trial, name="begin-trial"),
    path("<uuid:listing_id>/test", trial_views.new_test, name="new-test"),
    path("<uuid:listing_id>/test/size", trial_views.size_test, name="size-test"),
    path("<uuid:listing_id>/test/begin", trial_views.begin_test, name="begin-test"),
    path("<uuid:listing_id>", views.listing, name="listing"),
    path("<uuid:listing_id>/lint", views.lint, name="lint"),
    path("<uuid:listing_id>/title", views.title, name="title"),
    path("<uuid:listing_id>/prices/<uuid:sku_id>", views.price, name="price"),
    path("<uuid:listing_id>/prices/<uuid:sku_id>/confirm", views.confirm_price, name="confirm-price"),
    path("<uuid:listing_id>/publish", views.publish, name="publish"),
    path("<uuid:listing_id>/withdraw", views.withdraw, name="withdraw"),
]
