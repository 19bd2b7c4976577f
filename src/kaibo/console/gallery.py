"""Every component with its states, on a page of the running program (LOOK 11). The figures are examples and say so."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django import forms
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from kaibo.plumbing.answers import ConsoleRequest
from kaibo.plumbing.wiring import Finding
from kaibo.stages import FLOW

SAMPLE_TOTAL = 100_000
TOKENS = (
    "accent", "accent-ink", "accent-soft", "ground", "surface", "raised", "sunken", "hover", "line", "line-strong", "ink", "ink-2", "ink-3", "ok-ink",
    "ok-soft", "warn-ink", "warn-soft", "bad-ink", "bad-soft", "note-ink", "note-soft", "chart-1", "chart-2", "chart-3", "chart-4", "chart-5", "chart-6",
)  # fmt: skip


ANCHORS = (
    "page-head", "figures", "panel", "buttons", "gates", "finding", "chips", "table", "diff", "evidence", "clocks", "timeline", "progress", "charts",
    "forms", "confirm", "callouts", "empty", "colours",
)  # fmt: skip


class SampleForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("商品标题"),
        max_length=30,
        help_text=gettext_lazy("核心词 + 属性词 + 场景词，不超过 30 个字"),
    )
    price = forms.CharField(label=gettext_lazy("直播价"))
    category = forms.ChoiceField(
        label=gettext_lazy("类目"), choices=[("coat", gettext_lazy("外套")), ("knit", gettext_lazy("针织"))]
    )
    note = forms.CharField(label=gettext_lazy("备注"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    platforms = forms.MultipleChoiceField(
        label=gettext_lazy("渠道"), required=False, choices=[("douyin", gettext_lazy("抖店")), ("kuaishou", gettext_lazy("快手")), ("own", gettext_lazy("自播间"))],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    agreed = forms.BooleanField(label=gettext_lazy("价格已由第二人确认"), required=False)


@require_GET
def components(request: ConsoleRequest) -> HttpResponse:
    """What are pages made of, and how is each part written?"""
    return render(
        request,
        "console/gallery.html",
        {
            "tokens": TOKENS,
            "anchors": ANCHORS,
            **_parts(request.now),
            **_charts(),
            "form": SampleForm(),
            "wrong_form": _wrong_form(),
        },
    )


def _wrong_form() -> SampleForm:
    form = SampleForm(
        {"wrong-title": _("全网最低羊毛外套"), "wrong-price": "5o9", "wrong-category": "coat"}, prefix="wrong"
    )
    form.add_error("title", _("“全网最低”属绝对化用语（广告法第九条），可改为“本场直播专享价”"))
    form.add_error("price", _("“5o9”不是金额，请写成 1234.50 这样的数字"))
    return form


def _parts(now: datetime) -> dict[str, object]:
    red = Finding(
        "red",
        _("详情页第 2 屏：“永不起球”无检测依据，与报告 R-1182（起球 3 级）矛盾。"),
        _("广告法第九条 · 报告 R-1182"),
        "#finding",
        _("采用并复查"),
        "#finding",
    )
    run = Finding(
        "run",
        _("批次 L2611-07 抽检中，32 件已检 20 件。"),
        _("GB/T 2828.1，AQL 2.5"),
        "#finding",
        _("去放行"),
        "#finding",
    )
    return {
        "findings": [red, run, Finding("ok", _("资质 4 项齐全，最近到期 2027-03-01。"), _("抖店 · 企业店 · 服饰"), "#finding")],
        "gates": [(stage, Finding(state, reason)) for stage, (state, reason) in zip(FLOW, [("ok", ""), ("ok", ""), ("red", _("违禁词 1 处")), ("ok", ""), ("run", _("缺 1 名运营"))] + [("none", "")] * 7, strict=True)],
        "trail": [(_("订单与物流"), "#page-head"), (_("核验"), "#page-head"), (_("秋冬上新第 3 场"), "")],
        "figures": [
            {"name": _("净成交额（扣退款）"), "value": "¥268,410", "beside": _("近 10 场 P80"), "state": "ok", "href": "#figures"},
            {"name": _("互动率"), "value": "5.8%", "beside": _("目标 5%"), "state": "ok"},
            {"name": _("点击成交率"), "value": "1.9%", "beside": _("计划 −38% · P11"), "state": "bad", "value_state": "bad", "href": "#figures"},
            {"name": _("千次观看成交"), "value": "¥864", "beside": _("计划 −17%"), "state": "warn"},
            {"name": _("拼多多"), "value": "208 ≠ 207", "beside": _("缺 240611-3399"), "state": "bad", "value_state": "bad"},
            {"name": _("最早发货时限"), "value": "41:20:00", "beside": _("超时预计 0 单"), "value_state": "warn"},
        ],
        "sample_chips": [
            {"label": _("全部"), "count": 18, "href": "#chips", "is_active": True}, {"label": _("地址"), "count": 7, "href": "#chips"},
            {"label": _("规格"), "count": 5, "href": "#chips"}, {"label": _("红灯"), "count": 2, "href": "#chips", "state": "bad"},
        ],
        "quotes": [
            {"quote": _("洗了两次就起球，袖口最明显"), "source": _("京东评论 · 2025-11-03"), "href": "#evidence", "weight": _("同类 62 条")},
            {"quote": _("颜色和直播间看到的不一样，偏黄"), "source": _("售后单 AF-2214 · 11-18 21:40"), "href": "#evidence", "weight": _("同类 38 条")},
        ],
        "moments": [
            {"at": now - timedelta(hours=5), "title": _("设备自检：摄像头、麦克风、上行 20 Mbps"), "note": _("技术 · 郑航"), "state": "ok", "aside": _("全部通过")},
            {"at": now - timedelta(minutes=25), "title": _("批次 L2611-07 抽检放行"), "note": _("品控 · 吴越"), "state": "red", "due_at": now - timedelta(minutes=25)},
            {"at": now + timedelta(hours=2), "title": _("开播闸门"), "note": _("10 项，2 项红"), "state": "run", "due_at": now + timedelta(hours=2), "href": "#timeline"},
            {"at": now + timedelta(days=2), "title": _("订单对账与五要素核验"), "note": _("运营 · 何沐"), "state": "none"},
        ],
        "clocks": [now - timedelta(minutes=42), now + timedelta(minutes=96), now + timedelta(hours=41, minutes=20), now + timedelta(days=6)],
        "orders": [
            {"id": "6953…4417", "channel": _("抖店"), "label": _("地址"), "wrong": _("浙江省杭州市西湖区"), "right": "", "source": _("订单收货地址止于区"), "fen": 59900, "confidence": "", "also": 0},
            {"id": "6953…4420", "channel": _("抖店"), "label": _("价格"), "wrong": "¥69.00", "right": "¥599.00", "source": _("与场次公示价 v7 相差 88%"), "fen": 6900, "confidence": "", "also": 0},
            {"id": "2406…8812", "channel": _("快手"), "label": _("规格"), "wrong": _("黑 XL加绒"), "right": _("黑色 / XL（加绒款）"), "source": _("名称映射"), "fen": 13900, "confidence": "97%", "also": 14},
        ],
    }  # fmt: skip


def _charts() -> dict[str, object]:
    minutes = [f"{20 + m // 60}:{m % 60:02d}" for m in range(0, 100, 2)]
    viewers = [1200 + 40 * m - (m * m) // 3 + (m * 37) % 190 for m in range(50)]
    return {
        "minute_chart": {
            "kind": "line", "x": minutes, "series": [
                {"name": _("在线"), "data": viewers, "unit": "count"}, {"name": _("计划"), "data": [1150 + 38 * m - (m * m) // 3 for m in range(50)], "dashed": True, "tone": "ink-2"},
                {"name": _("成交"), "kind": "bar", "axis": 1, "unit": "fen", "tone": "chart-2", "data": [120_000 + (m * 7919) % 300_000 + (900_000 if m % 13 == 9 else 0) for m in range(50)]},
            ],
            "bands": [{"from": minutes[0], "to": minutes[14], "label": _("围巾")}, {"from": minutes[14], "to": minutes[32], "label": _("双面呢外套")}, {"from": minutes[32], "to": minutes[49], "label": _("针织开衫")}],
            "marks": [{"x": minutes[21], "label": _("放尺码表")}],
        },
        "funnel_chart": {"kind": "funnel", "items": [{"name": name, "value": value} for name, value in ((_("曝光"), 162_300), (_("进入"), 48_206), (_("商品曝光"), 41_088), (_("商品点击"), 6_842), (_("下单"), 1_996), (_("成交"), 1_639))]},
        "ranking_chart": {"kind": "ranking", "x": [_("起球"), _("色差"), _("尺码偏小"), _("发货慢")], "series": [{"name": _("占投诉"), "data": [3120, 2240, 1810, 640], "unit": "bp", "tone": "chart-2"}]},
        "share_chart": {"kind": "share", "items": [{"name": _("抖店"), "value": 1204}, {"name": _("快手"), "value": 311}, {"name": _("拼多多"), "value": 208}, {"name": _("自播间"), "value": 88}]},
    }  # fmt: skip


@require_GET
def sample_progress(request: ConsoleRequest) -> JsonResponse:
    """Stand in for a long import on the gallery: it fills over 40 seconds of the clock, again and again."""
    reached = int(time.monotonic() % 40 * SAMPLE_TOTAL / 40)
    return JsonResponse({"done": reached, "total": SAMPLE_TOTAL, "bad": reached // 2500, "state": "run"})
