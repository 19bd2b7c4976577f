"""Pages of the house's words: the list, what a change would do, versions side by side, and a place to try a text."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kaibo.master.catalog.queries import categories
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.listed import listed
from kaibo.stages.compliance import house_words, lexicon_trials, lexicon_versions, queries
from kaibo.stages.compliance.forms import SURFACE_WORDS, TrialForm, WordForm
from kaibo.stages.compliance.permissions import SCREEN, WORDS

SEVERITY_WORDS = {"block": gettext_lazy("不能用"), "review": gettext_lazy("要人判断"), "innocent": gettext_lazy("放行")}
SEVERITY_PILLS = {"block": "bad", "review": "warn", "innocent": "ok"}
VERDICT_WORDS = {"pass": gettext_lazy("没有问题"), "review": gettext_lazy("要人判断"), "block": gettext_lazy("不能用")}
VERDICT_PILLS = {"pass": "ok", "review": "warn", "block": "bad"}
DEED_WORDS = {
    "add": gettext_lazy("加词"), "edit": gettext_lazy("改词"), "retire": gettext_lazy("停用"), "bring_back": gettext_lazy("恢复"),
    "import": gettext_lazy("导入"), "roll_back": gettext_lazy("回到旧版"),
}  # fmt: skip
SORT_WORDS = {"new": gettext_lazy("新增"), "changed": gettext_lazy("改了"), "gone": gettext_lazy("没有了")}
SORT_PILLS = {"new": "ok", "changed": "warn", "gone": "bad"}
WORDS_SHOWN, MOST_VERSIONS = 100, 200


def _trail() -> list[tuple[str, str]]:
    return [(_("自己的词库"), reverse("compliance:words"))]


def _surfaces(names: Any) -> str:
    return listed(SURFACE_WORDS[one] for one in names)


@require_http_methods(["GET", "POST"])
def words(request: ConsoleRequest) -> HttpResponse:
    """Which words do we forbid, have judged or let pass beyond the packaged lexicon, and what would one more do?   Source: CMP-4."""
    access.require(request.actor, SCREEN)
    form, effect = WordForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        word, said = form.cleaned_data["word"], form.wording()
        if request.POST.get("do") != "try":
            house_words.add_word(actor=request.actor, word=word, **said, reason=form.cleaned_data["reason"], now=request.now)
            return done(request, _("已生效，直播间几秒内就按新词库筛查"), "compliance:words")
        effect = _effect(lexicon_trials.effect_of(actor=request.actor, words=lexicon_versions.with_draft(word, said)))
    asked = request.GET.get("q", "").strip()[:40]
    shown = Paginator(queries.house_words(holding=asked), WORDS_SHOWN).get_page(request.GET.get("page"))
    rows = [(one, SEVERITY_WORDS[one.severity], SEVERITY_PILLS[one.severity], _surfaces(one.surfaces)) for one in shown]
    return render(
        request, "compliance/words.html",
        {
            "form": form, "effect": effect, "rows": rows, "page": shown, "q": asked, "retired": list(queries.house_words(is_retired=True)[:20]),
            "may_edit": request.actor.can(WORDS), "newest": lexicon_versions.versions().first(),
            "import_href": f"{reverse('intake:upload')}?kind=house_words",
        },
        status=422 if form.is_bound and not form.is_valid() else 200,
    )


def _effect(effect: lexicon_trials.Effect) -> dict[str, Any]:
    counts = [(VERDICT_WORDS[before], VERDICT_WORDS[after], VERDICT_PILLS[after], count) for (before, after), count in sorted(effect.counts.items())]
    changed = [
        (one, queries.pieces_of(one.text, one.after.hits), SURFACE_WORDS[one.where], VERDICT_WORDS[one.before], VERDICT_WORDS[one.after.verdict], VERDICT_PILLS[one.after.verdict])
        for one in effect.changed
    ]
    return {"texts": effect.texts, "messages": effect.messages, "total": effect.total, "counts": counts, "changed": changed}


@require_http_methods(["GET", "POST"])
def edit_word(request: ConsoleRequest, word_id: UUID) -> HttpResponse:
    """What do we say of this word from now on, and what would that judge otherwise?   Source: CMP-4."""
    access.require(request.actor, WORDS)
    found = queries.house_word(word_id)
    kept = {"word": found.word, "severity": found.severity, "source": found.source, "suggestion": found.suggestion, "surfaces": found.surfaces}
    form, effect = WordForm(request.POST or None, initial=kept, fixed_word=found.word), None
    if request.method == "POST" and form.is_valid():
        said = form.wording()
        if request.POST.get("do") != "try":
            house_words.edit_word(actor=request.actor, word_id=word_id, wording=house_words.Wording(**said), reason=form.cleaned_data["reason"], now=request.now)
            return done(request, _("已改，直播间几秒内就按新词库筛查"), "compliance:words")
        effect = _effect(lexicon_trials.effect_of(actor=request.actor, words=lexicon_versions.with_draft(found.word, said)))
    return render(request, "compliance/word_form.html", {"form": form, "word": found, "effect": effect, "trail": _trail()})


@require_POST
def retire_word(request: ConsoleRequest, word_id: UUID) -> HttpResponse:
    house_words.retire_word(actor=request.actor, word_id=word_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已停用"), "compliance:words", undo=reverse("compliance:word-bring-back", args=[word_id]))


@require_POST
def bring_back_word(request: ConsoleRequest, word_id: UUID) -> HttpResponse:
    house_words.bring_back_word(actor=request.actor, word_id=word_id, now=request.now)
    return done(request, _("已恢复"), "compliance:words")


def _number(request: ConsoleRequest, name: str, otherwise: int) -> int:
    said = request.GET.get(name, "")
    return int(said) if said.isdecimal() and len(said) < 10 else otherwise


@require_GET
def versions(request: ConsoleRequest) -> HttpResponse:
    """Who changed the words when and why, and what differs between two versions?   Source: CMP-4."""
    access.require(request.actor, SCREEN)
    kept = list(lexicon_versions.versions()[:MOST_VERSIONS])
    newest = kept[0].number if kept else 0
    newer = _number(request, "newer", newest)
    older = _number(request, "older", kept[1].number if len(kept) > 1 else 0)
    changes = lexicon_versions.difference(lexicon_versions.words_of(older), lexicon_versions.words_of(newer))
    shown = [(one, SORT_WORDS[one.sort], SORT_PILLS[one.sort], _said(one.before), _said(one.after)) for one in changes]
    effect = None
    if "effect" in request.GET and request.actor.can(WORDS):
        effect = _effect(lexicon_trials.effect_of(actor=request.actor, words=lexicon_versions.words_of(older)))
    return render(
        request, "compliance/versions.html",
        {
            "rows": [(one, DEED_WORDS[one.deed], len(one.words), before.number if before else 0) for one, before in zip_longest(kept, kept[1:])],
            "changes": shown, "older": older, "newer": newer, "newest": newest,
            "choices": [*(one.number for one in kept), 0], "may_edit": request.actor.can(WORDS), "effect": effect, "trail": _trail(),
        },
    )


def _said(one: Any) -> str:
    if one is None:
        return "—"
    parts = (SEVERITY_WORDS[one["severity"]], one["source"], one.get("instead") or "", _surfaces(one["surfaces"]))
    return " · ".join(str(part) for part in parts if part)


@require_POST
def roll_back(request: ConsoleRequest, number: int) -> HttpResponse:
    made = house_words.roll_back(actor=request.actor, number=number, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已回到第 %(old)s 版，记为第 %(new)s 版") % {"old": number, "new": made}, "compliance:word-versions")


@require_http_methods(["GET", "POST"])
def trial(request: ConsoleRequest) -> HttpResponse:
    """How does this text stand by the words of today, of an older version, and without ours?   Source: CMP-4."""
    access.require(request.actor, SCREEN)
    newest = lexicon_versions.versions().first()
    numbers = [one.number for one in lexicon_versions.versions()[:MOST_VERSIONS]]
    form = TrialForm(request.POST or None, categories=[(one.code, one.local_title) for one in categories()], numbers=numbers)
    tried = []
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        asked = dict.fromkeys((newest.number if newest else 0, int(said["number"]), 0))
        judged = lexicon_trials.try_text(
            actor=request.actor, text=said["text"], surface=said["surface"], category=queries.category_words(said["category"]), numbers=asked
        )
        tried = [
            (number, screening, VERDICT_WORDS[screening.verdict], VERDICT_PILLS[screening.verdict], queries.pieces_of(said["text"], screening.hits),
             list(enumerate(screening.hits, 1)))
            for number, screening in judged
        ]  # fmt: skip
    return render(request, "compliance/trial.html", {"form": form, "tried": tried, "trail": _trail()})
