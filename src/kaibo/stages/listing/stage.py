"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.listing.exports import LISTING_SHEET
from kaibo.stages.listing.gates import gate
from kaibo.stages.listing.imports import HOT_WORDS
from kaibo.stages.listing.permissions import ABILITIES, ROLES, SEE
from kaibo.stages.listing.search import search
from kaibo.stages.listing.today import badge, today

UNVERIFIED = "未核实：以平台后台为准，核对后在这里改"

TITLE_WIDTHS = (
    ("own", 60, "自播间", "own room", "本店约定：商品卡一行半"),
    ("douyin", 60, "抖店", "Douyin", UNVERIFIED),
    ("taobao", 60, "淘宝", "Taobao", "平台商品标题不超过 60 字符（30 个汉字）；以后台为准"),
    ("pdd", 60, "拼多多", "Pinduoduo", UNVERIFIED),
    ("jd", 90, "京东", "JD", UNVERIFIED),
    ("kuaishou", 60, "快手", "Kuaishou", UNVERIFIED),
    ("xiaohongshu", 60, "小红书", "Xiaohongshu", UNVERIFIED),
    ("wechat_shop", 60, "微信小店", "WeChat shop", UNVERIFIED),
    ("tiktok_shop", 255, "TikTok Shop", "TikTok Shop", UNVERIFIED),
    ("shopify", 255, "Shopify", "Shopify", UNVERIFIED),
)
"""How wide a title may be (a Chinese character counts 2): platform, width, names, source."""

STAGE = Stage(
    key="listing",
    pages=(Page(_("商品上架"), "listing:listings", SEE), Page(_("热搜词"), "listing:hot-words", SEE)),
    abilities=ABILITIES,
    roles=ROLES,
    gate=gate,
    search=search,
    today=today,
    badge=badge,
    imports=(HOT_WORDS,),
    exports=(LISTING_SHEET,),
    thresholds=(
        Threshold("listing.price_floor_bp", 2_000, "bp", "上架毛利底线", "Listing margin floor", "LST-6，数值为本店约定"),
        Threshold("listing.price_deviation_bp", 3_000, "bp", "改价超过多少要第二个人", "Price deviation that takes a second person", "CMP-8，数值为本店约定"),
        *(
            Threshold(f"listing.title_width.{platform}", most, "count", f"{zh}标题宽度上限（汉字算 2）", f"Title width on {en} (Chinese counts 2)", source)
            for platform, most, zh, en, source in TITLE_WIDTHS
        ),
    ),
)
