"""The spreadsheets this stage accepts: order exports of the platforms and shipping sheets."""

from kaibo.plumbing.intake.cells import moment, money_fen, text, whole_number
from kaibo.plumbing.intake.kinds import Column, ImportKind
from kaibo.stages.orders.permissions import IMPORT, SHIP
from kaibo.stages.orders.preparing import prepare_orders
from kaibo.stages.orders.reading import LineIn, discount_fen, read_line
from kaibo.stages.orders.sheets import take_shipments
from kaibo.stages.orders.taking import take_orders

PLATFORMS = ("douyin", "taobao", "pdd", "kuaishou", "xiaohongshu", "wechat_shop", "jd")

MARKS = {
    "pdd": ("样式ID", "多多支付立减金额(元)"),
    "taobao": ("买家会员名", "宝贝标题"),
    "jd": ("京东价", "下单帐号"),
    "kuaishou": ("订单载体", "CPS达人ID"),
    "xiaohongshu": ("小红书编码", "规格ID"),
    "wechat_shop": ("商品编码(平台)", "SKU编码(自定义)"),
    "tiktok_shop": ("Order ID", "Seller SKU"),
    "shopify": ("Financial Status", "Lineitem name"),
    "douyin": ("主订单编号", "子订单编号", "选购商品"),
}
"""Source: facts/platforms §2.1. Files of TikTok Shop and Shopify tell other currencies or none: named here to be refused by name (ADR 15)."""

ORDERS = ImportKind(
    key="orders",
    title_zh="平台订单",
    title_en="Platform orders",
    ability=IMPORT,
    needs_shop=True,
    platforms=PLATFORMS,
    marks=MARKS,
    row_key=("order_no", "line_no", "code", "specification"),
    apply=take_orders,
    meaning_of=read_line,
    meaning_type=LineIn,
    ahead=prepare_orders,
    columns=(
        Column("order_no", "主订单编号", ("订单编号", "订单号", "Order ID"), required=True, parse=text),
        Column("line_no", "子订单编号", ("子订单号", "商品单号")),
        Column("title", "选购商品", ("宝贝标题", "商品标题", "商品名称", "SKU名称", "商品", "标题")),
        Column("specification", "商品规格", ("商品属性", "SKU规格", "商品属性SKU")),
        Column("quantity", "商品数量", ("商品数量(件)", "宝贝总数量", "成交数量", "SKU件数", "购买数量", "订购数量"), parse=whole_number),
        Column("code", "商家编码", ("商家编码-规格维度", "SKU编码(自定义)", "SKU编码", "外部系统编号", "货号")),
        Column("price", "商品单价", ("京东价", "商品价格(单件)", "价格"), parse=money_fen),
        Column(
            "amount", "订单应付金额", ("买家实际支付金额", "买家实付金额", "用户实付金额(元)", "实付款", "用户应付金额(元)", "订单实际支付金额", "应付金额", "订单金额"),
            required=True, parse=money_fen,
        ),
        Column("freight", "运费", ("买家应付邮费", "邮费(元)", "快递费", "运费金额", "订单运费"), parse=money_fen),
        Column("platform_discount", "平台实际承担优惠金额", ("平台优惠", "平台优惠折扣(元)", "平台补贴"), parse=discount_fen),
        Column("shop_discount", "商家实际承担优惠金额", ("商家优惠", "店铺优惠折扣(元)", "店铺优惠"), parse=discount_fen),
        Column("talent_discount", "达人实际承担优惠金额", ("达人优惠", "主播补贴"), parse=discount_fen),
        Column("status", "订单状态", ("Order Status",), required=True),
        Column("aftersale", "售后状态", ("退款状态",)),
        Column("receiver", "收件人", ("收货人姓名", "收件人姓名", "收货人", "客户姓名"), personal=True),
        Column("phone", "收件人手机号", ("收件人手机", "联系手机", "收货人电话", "收件人电话", "手机", "联系电话"), personal=True),
        Column("province", "省", ("收货地址-省", "收货省份")),
        Column("city", "市", ("收货地址-市", "收货城市")),
        Column("area", "区", ("收货地址-区", "区县")),
        Column("street", "街道", ("收货地址-街道",)),
        Column("address", "详细地址", ("收货地址", "收件人地址", "客户地址"), personal=True),
        Column("ordered_at", "订单提交时间", ("订单创建时间", "订单成交时间", "订单下单时间", "下单时间"), parse=moment),
        Column("paid_at", "支付完成时间", ("订单付款时间", "订单支付时间", "付款确认时间", "支付时间"), parse=moment),
        Column("promised_at", "承诺发货时间", ("预售/承诺发货时间",), parse=moment),
        Column("shipped_at", "发货时间", ("订单发货时间",), parse=moment),
        Column("finished_at", "订单完成时间", ("确认收货时间", "订单确认收货时间"), parse=moment),
        Column("cancel_reason", "取消原因", ("订单关闭原因",)),
    ),
    sample_rows=(
        {
            "order_no": "6917423456789012345", "line_no": "6917423456789012346", "title": "短款羊毛双面呢外套", "specification": "黑色 / M",
            "quantity": "1", "code": "KB-2417-B-M", "price": "599.00", "amount": "569.00", "freight": "0.00", "status": "待发货",
            "receiver": "##cipher", "phone": "$$cipher", "address": "##cipher", "ordered_at": "2026-11-22 20:05:11",
        },
    ),
)  # fmt: skip

SHIPMENTS = ImportKind(
    key="shipments",
    title_zh="发货单",
    title_en="Shipping sheet",
    ability=SHIP,
    needs_shop=True,
    row_key=("order_no", "tracking_no"),
    apply=take_shipments,
    columns=(
        Column("order_no", "订单编号", ("主订单编号", "订单号", "平台订单号"), required=True),
        Column("carrier", "快递公司", ("物流公司", "快递", "承运商"), required=True),
        Column("tracking_no", "快递单号", ("物流单号", "运单号", "单号"), required=True),
    ),
    sample_rows=({"order_no": "6917423456789012345", "carrier": "顺丰", "tracking_no": "SF1234567890123"},),
)
