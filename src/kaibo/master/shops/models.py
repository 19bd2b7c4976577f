"""Shops and channels."""

from django.db import models
from django.utils.translation import gettext, gettext_lazy

from kaibo.kit.ids import new_id


class Platform(models.TextChoices):
    """Outside systems goods are sold on; `own` is Kaibo's own live room."""

    OWN = "own", "自播间"
    DOUYIN = "douyin", "抖店"
    TAOBAO = "taobao", "淘宝"
    PDD = "pdd", "拼多多"
    JD = "jd", "京东"
    KUAISHOU = "kuaishou", "快手"
    XIAOHONGSHU = "xiaohongshu", "小红书"
    WECHAT_SHOP = "wechat_shop", "微信小店"
    TIKTOK_SHOP = "tiktok_shop", "TikTok Shop"
    SHOPIFY = "shopify", "Shopify"


def platform_name(platform: str) -> str:
    """This function will name a platform in the reader's language; what is not one keeps its word."""
    return gettext(Platform(platform).label) if platform in Platform else platform


PLATFORM_CHOICES = tuple((one.value, gettext_lazy(one.label)) for one in Platform)
"""The platforms as a form offers them, in the reader's language."""


class Shop(models.Model):
    """A shop of the company: people are scoped to it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=60)
    company = models.CharField(max_length=80)
    licence_number = models.CharField(max_length=40, blank=True, default="")
    company_type = models.CharField(max_length=40, blank=True, default="")
    legal_person = models.CharField(max_length=40, blank=True, default="")
    registered_capital = models.CharField(max_length=40, blank=True, default="")
    registered_address = models.CharField(max_length=120, blank=True, default="")
    contact = models.CharField(max_length=80, blank=True, default="")
    service_url = models.URLField(max_length=300, blank=True, default="")
    main_category = models.CharField(max_length=40, blank=True, default="")
    is_active = models.BooleanField(default=True)


class Channel(models.Model):
    """A shop's account on a platform. `shop_type` is the platform's kind of shop (C店, POP, 企业店 …)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="channels")
    platform = models.CharField(max_length=16, choices=Platform.choices)
    name = models.CharField(max_length=60)
    shop_type = models.CharField(max_length=20, blank=True, default="")
    external_id = models.CharField(max_length=40, blank=True, default="")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "platform", "external_id"], name="one_channel_per_account")
        ]

    def get_platform_display(self) -> str:
        return platform_name(self.platform)


class ChannelAccount(models.Model):
    """What a channel's platform gave us so that we may call it. `trouble` is the complaint of the last try, empty when it went well."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, primary_key=True, related_name="account")
    sealed_settings = models.BinaryField()
    sealed_grant = models.BinaryField(null=True)
    grant_ends_at = models.DateTimeField(null=True)
    is_on = models.BooleanField(default=True)
    trouble = models.CharField(max_length=60, blank=True, default="")
    trouble_words = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField()
