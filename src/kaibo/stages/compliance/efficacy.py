"""What a product's texts claim, and whether filings and reports on record cover it (CMP-5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.master.catalog.models import Product
from kaibo.plumbing.listed import listed
from kaibo.plumbing.wiring import Finding
from kaibo.stages.compliance.claims import Cover, Made, claims_in, covers_of
from kaibo.stages.compliance.rules import Held, Standing, packaged_matrix


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim a product makes, where, and how each document it needs stands."""

    made: Made
    covers: tuple[Cover, ...]

    @property
    def state(self) -> str:
        if any(cover.is_red for cover in self.covers):
            return "red"
        return "run" if any(cover.is_amber for cover in self.covers) else "ok"


def texts_of(product: Product, kept: Iterable[str] = ()) -> list[str]:
    """This function will give the texts a product is described by, without empty ones; kept screenings (detail pages) last."""
    return [text for text in (product.title, product.value_proposition, *product.selling_points, *kept) if text]


def rows_of(
    product: Product, path: Sequence[str], documents: Sequence[Held], today: date, *, warn_days: int, kept: Iterable[str] = ()
) -> list[ClaimRow]:
    """This function will list what a product claims, the uncovered first.   Source: CMP-5."""
    rows = [
        ClaimRow(made, tuple(covers_of(made.claim, documents, product.pk, today, warn_days=warn_days)))
        for made in claims_in(texts_of(product, kept), path)
    ]
    return sorted(rows, key=lambda row: ("red", "run", "ok").index(row.state))


def cover_words(row: ClaimRow, cover: Cover) -> str:
    """This function will say how a document a claim needs stands, in the reader's language."""
    language = get_language() or "zh"
    said = {"kind": packaged_matrix().title(cover.kind, language), "claim": row.made.claim.title(language)}
    if cover.document is not None and not cover.names_claim:
        return _("%(kind)s 没有写“%(claim)s”") % said
    until = cover.document.valid_until.isoformat() if cover.document and cover.document.valid_until else ""
    return {
        Standing.HELD: _("%(kind)s 有效，写有“%(claim)s”"),
        Standing.EXPIRING: _("%(kind)s 将在 %(until)s 到期"),
        Standing.UNCHECKED: _("%(kind)s 还没有人核对原件"),
        Standing.NOT_YET: _("%(kind)s 还没有生效"),
        Standing.EXPIRED: _("%(kind)s 已在 %(until)s 过期"),
        Standing.MISSING: _("缺 %(kind)s"),
    }[cover.standing] % (said | {"until": until})


def finding_of(product_id: UUID | None, row: ClaimRow) -> Finding:
    """This function will say which claim is not covered by what, by which law, and where it is mended. Without a product it is one to be."""
    language = get_language() or "zh"
    bad = [cover for cover in row.covers if cover.is_red] or [cover for cover in row.covers if cover.is_amber]
    why = listed(cover_words(row, cover) for cover in bad)
    reason = _("说了“%(word)s”（%(claim)s）：%(why)s") % {"word": row.made.word, "claim": row.made.claim.title(language), "why": why}
    of_product = f"&product={product_id}" if product_id else ""
    upload = f"{reverse('compliance:document-new')}?kind={bad[0].kind}{of_product}&claims={row.made.claim.key}"
    here = reverse("compliance:product", args=[product_id]) if product_id else reverse("compliance:matrix")
    return Finding(row.state, reason, row.made.claim.source, here, _("补备案或报告"), upload)
