"""The detail page as a document people read, correct and sign before it is built on a platform: Word and PDF.   Source: LST-3."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.kit.clock import screen_time
from kaibo.master.media.services import path_of
from kaibo.plumbing.citations import advised, cited
from kaibo.plumbing.document_files.blocks import Block, drawn
from kaibo.stages.compliance import queries as compliance
from kaibo.stages.listing.detail_page import pictures_of, review_detail
from kaibo.stages.listing.details import BUTTONS, DetailContent, PartText, texts_of
from kaibo.stages.listing.models import DetailVersion, Listing, ListingPicture

LONGEST_QUOTE = 40


def blocks_of(listing: Listing, content: DetailContent, version: DetailVersion | None) -> list[Block]:
    """
    This function will give a detail page as the blocks of a document: its four parts in their order with their pictures, and last what
    still stands against it, so that nobody signs a page whose words are refused. Without a version it is a draft and says so.
    """
    pictures = pictures_of(listing, content)
    title = listing.title or listing.product.title
    blocks = [Block(_("详情页 · %(title)s") % {"title": title}, level=1), Block(_version_words(listing, version))]
    blocks += [Block(_("1 痛点：首屏是一个场景"), level=2), *_picture(pictures, content.scene_picture), *_texts(content, "pain_title", "pain_text")]
    blocks += [Block(_("2 方案：优势配参数"), level=2), *_texts(content, "solution_text")]
    if content.advantages:
        blocks.append(Block(rows=((_("优势"), _("参数")), *((one.words, one.parameter or "—") for one in content.advantages))))
    for key in content.detail_pictures:
        blocks += _picture(pictures, key)
    blocks += [Block(_("3 信任：检测报告和评价"), level=2), *_texts(content, "reports"), *_picture(pictures, content.report_picture), *_quotes(content)]
    blocks += [Block(_("4 行动"), level=2), *_texts(content, "action_text"), Block(_("按钮：%(words)s") % {"words": BUTTONS[content.button]})]
    return [*blocks, *_against(listing, content)]


def _version_words(listing: Listing, version: DetailVersion | None) -> str:
    said = {"code": listing.product.code, "shop": listing.shop.name}
    if version is None:
        return _("%(shop)s · %(code)s · 草稿，还没有存过版本") % said
    return _("%(shop)s · %(code)s · 第 %(n)s 版，%(who)s 存于 %(at)s，词库 %(lexicon)s") % (
        said | {"n": version.number, "who": version.saved_by, "at": screen_time(version.saved_at), "lexicon": version.lexicon_version}
    )


def _picture(pictures: dict[str, ListingPicture], key: str) -> list[Block]:
    if key not in pictures:
        return []
    with path_of(pictures[key].media.sha256).open("rb") as content:
        return [Block(picture=drawn(content))]


def _said(content: DetailContent, fields: tuple[str, ...]) -> Iterator[PartText]:
    return (one for one in texts_of(content) if one.field in fields and one.text.strip())


def _texts(content: DetailContent, *fields: str) -> list[Block]:
    return [Block(one.text) for one in _said(content, fields)] or [Block(_("（还没有写）"))]


def _quotes(content: DetailContent) -> list[Block]:
    return [Block(f"“{one.text}”") for one in _said(content, ("reviews",))]


def _against(listing: Listing, content: DetailContent) -> list[Block]:
    """What is missing in the parts, and every word the screener would not let pass, with its law and what to say instead."""
    review = review_detail(listing, content)
    grades = {True: _("必须补"), False: _("建议补")}
    is_english = (get_language() or "").startswith("en")
    rows = [(grades[one.is_stop], one.en if is_english else one.zh, one.source) for one in review.complaints]
    for _part, pieces, screening in review.texts:
        text = "".join(piece.text for piece in pieces)
        where = text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
        words = {"block": _("不能用"), "review": _("要人判断")}
        rows += [(words[hit.severity], _("“%(where)s”里的“%(hit)s”：%(instead)s") % {"where": where, "hit": hit.text, "instead": advised(hit.suggestion)}, cited(hit.source)) for hit in screening.hits if hit.severity in words]
    if not rows:
        return [Block(_("检查"), level=2), Block(_("四段齐全，没有要改的词（词库 %(version)s）。") % {"version": compliance.screen_now("", surface="detail", category="").lexicon_version})]
    return [Block(_("还要改的"), level=2), Block(rows=((_("程度"), _("什么"), _("依据")), *rows))]
