"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.listing.exports import LISTING_SHEET
from kaibo.stages.listing.figure_imports import FIGURE_IMPORTS
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
    pages=(Page(_("商品上架"), "listing:listings", SEE), Page(_("试卖"), "listing:trials", SEE), Page(_("A/B 试验"), "listing:tests", SEE), Page(_("热搜词"), "listing:hot-words", SEE)),
    abilities=ABILITIES,
    roles=ROLES,
    gate=gate,
    search=search,
    today=today,
    badge=badge,
    imports=(HOT_WORDS, *FIGURE_IMPORTS),
    exports=(LISTING_SHEET,),
    thresholds=(
        Threshold("listing.price_floor_bp", 2_000, "bp", "上架毛利底线", "Listing margin floor", "LST-6，数值为本店约定"),
        Threshold("listing.price_deviation_bp", 3_000, "bp", "改价超过多少要第二个人", "Price deviation that takes a second person", "CMP-8，数值为本店约定"),
        Threshold("listing.title_similar_bp", 7_500, "bp", "标题多像算撞（二字组相同份额）", "How alike titles collide (share of common pairs)", "LST-2，数值为本店约定"),
        Threshold("listing.picture_least_px", 800, "count", "图片短边至少（像素）", "Least short side of a picture (pixels)", "LST-4；各平台主图多要求 800 × 800，以后台为准"),
        Threshold("listing.picture_sharpness", 80, "count", "清晰度至少（拉普拉斯方差）", "Least sharpness (Laplacian variance)", "LST-4，数值为本店约定，画出来的图上量过"),
        Threshold("listing.picture_white_bp", 7_000, "bp", "白底图边框白色至少", "White border of a white-background picture", "LST-4，数值为本店约定"),
        Threshold("listing.picture_busy_bp", 1_000, "bp", "主图文字或密纹至多", "Most text or fine pattern on a main picture", "LST-4，数值为本店约定"),
        Threshold("listing.picture_distance", 10, "count", "和竞品主图至少差多少位（共 64）", "Least distance to competitors' pictures (bits of 64)", "LST-4、CMP-6，数值为本店约定"),
        Threshold("listing.trial_days", 3, "days", "试卖几天内定版", "Days of a trial until a version is locked", "LST-11"),
        Threshold("listing.trial_least_shown", 1_000, "count", "看准一个率至少要多少次", "Impressions until a rate may be called level", "LST-10，数值为本店约定"),
        *(
            Threshold(f"listing.title_width.{platform}", most, "count", f"{zh}标题宽度上限（汉字算 2）", f"Title width on {en} (Chinese counts 2)", source)
            for platform, most, zh, en, source in TITLE_WIDTHS
        ),
    ),
)
