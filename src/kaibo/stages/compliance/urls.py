"""Addresses of the stage's pages."""

from django.urls import URLPattern, path

from kaibo.stages.compliance import evidence_views, licence_views, matrix_views, views, word_views

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
    path("words", word_views.words, name="words"),
    path("words/try", word_views.trial, name="word-trial"),
    path("words/versions", word_views.versions, name="word-versions"),
    path("words/versions/<int:number>/roll-back", word_views.roll_back, name="word-roll-back"),
    path("words/<uuid:word_id>/edit", word_views.edit_word, name="word-edit"),
    path("words/<uuid:word_id>/retire", word_views.retire_word, name="word-retire"),
    path("words/<uuid:word_id>/bring-back", word_views.bring_back_word, name="word-bring-back"),
    path("requirements", matrix_views.requirements, name="requirements"),
    path("requirements/new", matrix_views.requirement, name="requirement-new"),
    path("requirements/<uuid:line>", matrix_views.requirement, name="requirement"),
    path("requirements/<uuid:line>/end", matrix_views.end_requirement, name="requirement-end"),
    path("shown", matrix_views.shown, name="shown"),
    path("licence/<uuid:shop_id>", licence_views.licence, name="licence"),
    path("todo", matrix_views.todo, name="todo"),
    path("prices", evidence_views.prices, name="prices"),
    path("prices/<uuid:sku_id>/<slug:platform>", evidence_views.price, name="price"),
    path("prices/<uuid:sku_id>/<slug:platform>/end", evidence_views.end_struck, name="end-struck"),
    path("rights", evidence_views.ip_rights, name="rights"),
    path("rights/new", evidence_views.new_right, name="right-new"),
    path("rights/<uuid:right_id>/end", evidence_views.end_right, name="right-end"),
    path("pictures", evidence_views.likenesses, name="likenesses"),
    path("pictures/new", evidence_views.new_picture, name="picture-new"),
    path("pictures/<uuid:likeness_id>", evidence_views.likeness, name="likeness"),
    path("pictures/<uuid:likeness_id>/decide", evidence_views.decide, name="likeness-decide"),
    path("pictures/titles/<uuid:product_id>", evidence_views.compare_titles, name="compare-titles"),
    path("screening/<uuid:screening_id>/product", views.name_product, name="name-product"),
    path("screening/<uuid:screening_id>/release", views.release, name="release"),
]
