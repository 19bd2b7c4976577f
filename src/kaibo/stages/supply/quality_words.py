"""What the quality gates are called on pages."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaibo.stages.supply.sampling import REDUCED_AT, SUSPENDED_AT, ClassPlan, Severity, Standing, aql_text

GATE_WORDS = {"sample": gettext_lazy("产前样"), "arrival": gettext_lazy("到货"), "spot": gettext_lazy("开播前抽查"), "return": gettext_lazy("退货")}
CLASS_WORDS = {
    "critical": (gettext_lazy("致命"), "bad"),
    "major": (gettext_lazy("严重"), "warn"),
    "minor": (gettext_lazy("轻微"), ""),
}
SEVERITY_WORDS = {
    "normal": (gettext_lazy("正常检验"), "ok"),
    "tightened": (gettext_lazy("加严检验"), "warn"),
    "reduced": (gettext_lazy("放宽检验"), "note"),
    "suspended": (gettext_lazy("暂停检验"), "bad"),
}
OUTCOME_WORDS = {
    "held": (gettext_lazy("隔离中"), "bad"),
    "released": (gettext_lazy("让步接收"), "ok"),
    "returned": (gettext_lazy("已退供应商"), ""),
    "scrapped": (gettext_lazy("已报废"), ""),
    "repeat": (gettext_lazy("返工复检"), "warn"),
    "sorted": (gettext_lazy("挑选放行"), "ok"),
    "mixed": (gettext_lazy("分开处置"), ""),
}


def standing_words(standing: Standing) -> str:
    """This function will say why a supplier is inspected as it is, and what is missing to the next switch."""
    if standing.severity is Severity.SUSPENDED:
        return _("加严检验累计 %(n)s 批不接收，已暂停；确认纠正措施有效后恢复为加严") % {"n": SUSPENDED_AT}
    if standing.severity is Severity.REDUCED:
        return _("已批准放宽；有一批不接收即回到正常")
    if standing.severity is Severity.TIGHTENED:
        return _("连续接收 %(row)s / 5 批即回到正常；加严期间不接收 %(refused)s / %(most)s 批") % {
            "row": standing.accepted_in_a_row, "refused": standing.refused_while_tightened, "most": SUSPENDED_AT,
        }  # fmt: skip
    recent = "".join("✓" if one else "✕" for one in standing.recent) or "—"
    return _("最近 5 批 %(recent)s（2 批不接收转加严）；转移得分 %(score)s / %(most)s") % {
        "recent": recent, "score": standing.score, "most": REDUCED_AT,
    }  # fmt: skip


def class_rows(classes: tuple[ClassPlan, ...], found: dict[str, int]) -> list[dict[str, object]]:
    """This function will give the plan's classes as rows of a page, with what was found."""
    return [
        {
            "words": CLASS_WORDS[one.defect_class.value][0],
            "aql": aql_text(one.aql_milli) if one.aql_milli else "—",
            "letter": one.letter if one.letter == one.first_letter else f"{one.first_letter} → {one.letter}",
            "sample": one.sample_units,
            "is_full": one.is_full,
            "accept": one.accept,
            "reject": one.reject,
            "found": found.get(one.defect_class.value, 0),
            "is_over": found.get(one.defect_class.value, 0) > one.accept,
        }
        for one in classes
    ]
