"""The words of platforms."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PLATFORM_TITLES: dict[str, Promise] = {
    "weibo": _("微博"), "wechat": _("微信"), "douyin": _("抖音"), "xiaohongshu": _("小红书"), "taobao": _("淘宝"), "jd": _("京东"),
    "kol": _("达人合作"), "offline": _("线下物料"),
}  # fmt: skip
