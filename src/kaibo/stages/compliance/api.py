"""Compliance over JSON: findings, documents, screenings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import PageNumberPagination, paginate

from kaibo.master.catalog.queries import product_for
from kaibo.plumbing.access import access
from kaibo.stages.compliance import evidence_api, house_words, lexicon_versions, queries, services
from kaibo.stages.compliance.models import Document, HouseWord, LexiconVersion, ScreenedText
from kaibo.stages.compliance.permissions import SCREEN, SEE

router = Router(tags=["compliance"])
router.add_router("", evidence_api.router)


class FindingOut(Schema):
    state: str
    reason: str
    source: str
    href: str
    repair_label: str
    repair_href: str


class DocumentIn(Schema):
    shop_id: UUID
    kind: str
    number: str = Field(max_length=60)
    issuer: str = Field("", max_length=80)
    valid_from: date
    valid_until: date | None = None
    product_id: UUID | None = None


class DocumentOut(Schema):
    id: UUID
    shop_id: UUID
    product_id: UUID | None
    kind: str
    number: str
    issuer: str
    valid_from: date
    valid_until: date | None
    state: str


class ScreeningIn(Schema):
    text: str
    surface: str = "title"
    category: str = ""
    product_id: UUID | None = None
    subject: str = Field("", max_length=80)


class HitOut(Schema):
    start: int
    end: int
    text: str
    kind: str
    severity: str
    source: str
    suggestion: str
    rewrite: str | None = None


class ScreeningOut(Schema):
    id: UUID
    verdict: str
    state: str
    surface: str
    hits: list[HitOut]
    lexicon_version: str
    screened_at: datetime


class ReasonIn(Schema):
    reason: str


@router.get("/products/{product_id}/findings", response=list[FindingOut])
def findings(request: HttpRequest, product_id: UUID) -> list[object]:
    access.require(request.auth, SEE)
    product = product_for(request.auth, product_id)
    return queries.findings_for_products([product.pk], request.now)[product.pk]


@router.get("/documents", response=list[DocumentOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_documents(request: HttpRequest) -> list[Document]:
    access.require(request.auth, SEE)
    return queries.documents_for(request.auth)


@router.post("/documents", response={201: DocumentOut})
def file_document(request: HttpRequest, body: DocumentIn) -> tuple[int, Document]:
    return 201, services.file_document(actor=request.auth, now=request.now, **body.dict())


@router.post("/documents/{document_id}/confirm", response=DocumentOut)
def confirm_document(request: HttpRequest, document_id: UUID) -> Document:
    services.confirm_document(actor=request.auth, document_id=document_id, now=request.now)
    return queries.document_for(request.auth, document_id)


@router.get("/screenings", response=list[ScreeningOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_screenings(request: HttpRequest, verdict: str = "") -> list[ScreenedText]:
    access.require(request.auth, SEE)
    found = queries.texts_for(request.auth)
    return found.filter(verdict=verdict) if verdict else found


@router.post("/screenings", response={201: ScreeningOut})
def screen(request: HttpRequest, body: ScreeningIn) -> tuple[int, ScreenedText]:
    return 201, services.keep_screening(actor=request.auth, now=request.now, **body.dict())


@router.post("/screenings/{screening_id}/release", response=ScreeningOut)
def release(request: HttpRequest, screening_id: UUID, body: ReasonIn) -> ScreenedText:
    return services.release_text(actor=request.auth, screening_id=screening_id, reason=body.reason, now=request.now)


class WordIn(Schema):
    word: str = Field(max_length=40)
    severity: str
    source: str = Field(max_length=200)
    suggestion: str = Field("", max_length=200)
    surfaces: list[str] = ["title", "detail", "script", "chat", "reply"]


class WordOut(Schema):
    id: UUID
    word: str
    severity: str
    source: str
    suggestion: str
    surfaces: list[str]
    added_by: str
    added_at: datetime


@router.get("/words", response=list[WordOut])
@paginate(PageNumberPagination)
def words(request: HttpRequest) -> list[HouseWord]:
    access.require(request.auth, SCREEN)
    return list(queries.house_words())


@router.post("/words", response={201: WordOut})
def add_word(request: HttpRequest, body: WordIn) -> tuple[int, HouseWord]:
    said = body.dict() | {"surfaces": tuple(body.surfaces)}
    return 201, house_words.add_word(actor=request.auth, now=request.now, **said)


@router.delete("/words/{word_id}", response={204: None})
def retire_word(request: HttpRequest, word_id: UUID) -> tuple[int, None]:
    house_words.retire_word(actor=request.auth, word_id=word_id, now=request.now)
    return 204, None


class WordingIn(Schema):
    severity: str
    source: str = Field(max_length=200)
    suggestion: str = Field("", max_length=200)
    surfaces: list[str] = ["title", "detail", "script", "chat", "reply"]
    reason: str = Field(max_length=200)


class VersionOut(Schema):
    number: int
    packaged: str
    deed: str
    reason: str
    made_by: str
    made_at: datetime


class ChangeOut(Schema):
    word: str
    sort: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class RollBackIn(Schema):
    reason: str = Field(max_length=200)


class NumberOut(Schema):
    number: int


@router.put("/words/{word_id}", response=WordOut)
def edit_word(request: HttpRequest, word_id: UUID, body: WordingIn) -> HouseWord:
    wording = house_words.Wording(body.severity, body.source, body.suggestion, tuple(body.surfaces))
    return house_words.edit_word(actor=request.auth, word_id=word_id, wording=wording, reason=body.reason, now=request.now)


@router.get("/lexicon-versions", response=list[VersionOut])
@paginate(PageNumberPagination)
def list_versions(request: HttpRequest) -> list[LexiconVersion]:
    access.require(request.auth, SCREEN)
    return lexicon_versions.versions()


@router.get("/lexicon-versions/difference", response=list[ChangeOut])
def version_difference(request: HttpRequest, older: int, newer: int) -> list[lexicon_versions.WordChange]:
    access.require(request.auth, SCREEN)
    return lexicon_versions.difference(lexicon_versions.words_of(older), lexicon_versions.words_of(newer))


@router.post("/lexicon-versions/{number}/roll-back", response={201: NumberOut})
def roll_back(request: HttpRequest, number: int, body: RollBackIn) -> tuple[int, dict[str, int]]:
    return 201, {"number": house_words.roll_back(actor=request.auth, number=number, reason=body.reason, now=request.now)}
