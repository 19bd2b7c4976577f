"""Addresses of the stage's pages."""

from django.urls import URLPattern, path

from kaibo.stages.compliance import views

app_name = "compliance"
urlpatterns: list[URLPattern] = [
    path("", views.matrix, name="matrix"),
    path("products/<uuid:product_id>", views.product, name="product"),
    path("documents", views.documents, name="documents"),
    path("documents/new", views.new_document, name="document-new"),
    path("documents/<uuid:document_id>/confirm", views.confirm, name="confirm"),
    path("documents/<uuid:document_id>/withdraw", views.withdraw, name="withdraw"),
    path("screening", views.screening, name="screening"),
    path("screening/<uuid:screening_id>", views.screened, name="screened"),
    path("words", views.words, name="words"),
    path("words/<uuid:word_id>/retire", views.retire_word, name="word-retire"),
    path("words/<uuid:word_id>/bring-back", views.bring_back_word, name="word-bring-back"),
    path("screening/<uuid:screening_id>/release", views.release, name="release"),
]
