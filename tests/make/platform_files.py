"""After-sales and live-data exports in the layouts platforms really write, with the quirks of each.   Source: facts/platforms §2.2, §2.3."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import xlsxwriter

FIRST_DAY = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
DOUYIN_CASES = (
    "售后单号", "订单号", "商品单号", "商品名称", "商品ID", "应付金额（元）", "商品运费（元）", "支付优惠（元）", "商品税费（元）", "商品发货状态", "售后类型",
    "退商品金额（元）", "退运费金额（元）", "退支付优惠（元）", "退税费金额（元）", "售后状态", "售后申请时间", "退款方式", "是否已上传退款凭证", "售后原因", "售后原因标签",
    "退货物流单号", "退货异常", "退货发货时间", "退货物流公司", "自动处理截止时间", "同意售后申请时间", "商家退款时间", "用户到账时间", "售后关闭时间", "商家退货地址",
    "仲裁状态", "纠纷责任方", "是否极速退款", "是否拒签后退款", "发货物流单号", "发货物流状态", "换货物流单号", "退货物流状态", "售后完结时间", "订单备注", "用户售后说明",
    "售后备注", "操作人", "协商记录", "换货商品信息", "商家编码", "门店名称",
)  # fmt: skip
TAOBAO_CASES = (
    "订单编号", "退款编号", "支付单号", "订单付款时间", "商品id", "商品编码", "退款完结时间", "买家会员名称", "买家实际支付金额", "宝贝标题", "买家退款金额",
    "手工退款/系统退款", "售后类型", "退款的申请时间", "超时时间", "退款状态", "货物状态", "退货物流信息", "发货物流信息", "客服介入状态", "退货物流单号", "退货物流公司",
    "买家退款原因", "买家退款说明", "买家退货时间", "责任方", "售中或售后", "商家备注", "完结时间", "部分退款/全部退款", "审核操作人", "举证超时", "是否零秒响应",
    "退款操作人", "退款原因标签", "业务类型", "是否帮他退款", "帮他退款操作账号",
)  # fmt: skip
WECHAT_CASES = (
    "售后单号", "售后申请时间", "商品编码（平台）", "商品编码(自定义)", "SKU编码(自定义)", "同意售后申请时间", "用户到账时间", "售后完结时间", "订单编号", "发货状态", "商品名称",
    "商品描述", "商品价格", "申请售后数量", "赠品信息", "备注", "实付款", "退款类型", "退款原因", "具体描述", "退款金额", "退款状态", "状态描述", "平台纠纷介入", "纠纷责任", "执行方式",
    "发货物流状态", "发货物流单号",
)  # fmt: skip
SESSIONS = (
    "主播头像", "主播昵称", "主播抖音号", "直播开始时间", "直播结束时间", "直播时长(分钟)", "直播间曝光人数", "直播间曝光次数", "直播间观看人数", "单小时观看人数", "直播间观看次数",
    "直播激励观看次数", "最高在线人数", "平均在线人数", "人均观看时长(分钟)", "评论次数", "新加直播团人数", "新增粉丝数", "取关粉丝数", "观看老粉占比", "带货商品数", "直播间商品曝光人数",
    "直播间商品点击人数", "直播间商品曝光次数", "直播间商品点击次数", "直播间成交订单数", "直播间成交金额", "直播间用户支付金额", "单小时用户支付金额", "直播间成交件数", "直播间成交人数",
    "直播间退款订单数", "直播间退款金额", "直播间退款人数", "预估佣金支出", "商品曝光-点击率(次数)", "商品曝光-点击率(人数)", "商品点击-成交率(次数)", "商品点击-成交率(人数)",
    "观看-成交率(次数)", "观看-成交率(人数)", "预售订单数", "预售全款金额", "投放消耗(店铺绑定)", "投放消耗(店铺被投)", "净成交金额", "净成交订单数", "1小时退款金额", "1小时退款订单数", "1小时退款率",
)  # fmt: skip
CASES = {"douyin": DOUYIN_CASES, "taobao": TAOBAO_CASES, "wechat_shop": WECHAT_CASES}


def write_cases(path: Path, layout: str, rows: int, *, wrong_every: int = 0) -> Path:
    """This function will write after-sales rows; each `wrong_every`th has an amount nobody can read."""
    made = {"douyin": _douyin, "taobao": _taobao, "wechat_shop": _wechat}[layout]
    return _write(path, CASES[layout], (made(n, "很多钱" if wrong_every and n % wrong_every == wrong_every - 1 else f"¥{59 + n % 900}.00") for n in range(rows)), gbk=layout == "taobao")


def write_sessions(path: Path, starts: list[datetime], *, unread: int = -1) -> Path:
    """This function will write 罗盘's list of sessions, one a start (in UTC)."""

    def made(place: int, at: datetime) -> dict[str, str]:
        return {
            "主播昵称": "林夏的衣橱", "主播抖音号": "linxia88", "直播开始时间": f"{at + timedelta(hours=8):%Y/%m/%d %H:%M:%S}", "直播间观看人数": "很多" if place == unread else f"{40_000 + place:,}",
            "人均观看时长(分钟)": "1.5", "观看老粉占比": "0.0421", "直播间用户支付金额": f"¥{236_552 + place:,}", "观看-成交率(人数)": "0.0068", "投放消耗(店铺绑定)": "12,000.00",
        }  # fmt: skip

    return _write(path, SESSIONS, (made(place, at) for place, at in enumerate(starts)), title="直播间列表 2026/11/01-2026/11/30")


def _write(path: Path, header: tuple[str, ...], rows: Iterator[dict[str, str]], *, gbk: bool = False, title: str = "") -> Path:
    table = [[title]] * bool(title) + [list(header)] + [[row.get(name, "-") for name in header] for row in rows]
    if path.suffix == ".csv":
        with path.open("w", encoding="gb18030" if gbk else "utf-8-sig", newline="") as file:
            csv.writer(file).writerows(table)
        return path
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("数据")
        for number, cells in enumerate(table):
            for index, cell in enumerate(cells):
                sheet.write_string(number, index, cell)
    return path


def _when(number: int, **later: float) -> str:
    return f"{FIRST_DAY + timedelta(minutes=7 * number) + timedelta(**later):%Y-%m-%d %H:%M:%S}"


def _douyin(number: int, amount: str) -> dict[str, str]:
    is_over = number % 3 == 0
    return {
        "售后单号": f"\t74{number:017d}", "订单号": f"\t69{number:017d}", "商品单号": f"\t69{number:017d}", "商品名称": "短款羊毛双面呢外套", "售后类型": ("退货退款", "未发货仅退款", "换货")[number % 3],
        "退商品金额（元）": amount, "售后状态": "同意退款，退款成功" if is_over else "待商家处理", "售后申请时间": _when(number), "售后原因": "尺码偏大", "自动处理截止时间": _when(number, days=2),
        "商家退款时间": _when(number, hours=5) if is_over else "-", "售后完结时间": _when(number, hours=6) if is_over else "-", "商家编码": "KB-2417-B-M",
    }  # fmt: skip


def _taobao(number: int, amount: str) -> dict[str, str]:
    status = ("买家已经申请退款，等待卖家同意", "卖家已经同意退款，等待买家退货", "买家已经退货，等待卖家确认收货", "退款成功", "退款关闭")[number % 5]
    is_over = number % 5 > 2
    return {
        "订单编号": f'="37{number:016d}"', "退款编号": f"'17{number:016d}", "宝贝标题": "短款羊毛双面呢外套", "买家退款金额": amount.replace("¥", "") + "元" * amount.startswith("¥"),
        "售后类型": "退货退款", "退款的申请时间": _when(number), "退款状态": status, "买家退款原因": "质量问题", "完结时间": _when(number, hours=6) if is_over else "", "退款完结时间": _when(number, hours=6) if is_over else "",
        "买家实际支付金额": "969.00",
    }  # fmt: skip


def _wechat(number: int, amount: str) -> dict[str, str]:
    return {
        "售后单号": f"20{number:015d}", "售后申请时间": _when(number), "订单编号": f"37{number:016d}", "商品名称": "短款羊毛双面呢外套", "申请售后数量": "2", "退款类型": "仅退款", "退款原因": "拍错/多拍",
        "退款金额": amount, "退款状态": "退款成功", "用户到账时间": _when(number, hours=1), "售后完结时间": _when(number, hours=2), "SKU编码(自定义)": "KB-2417-B-M",
    }  # fmt: skip
