"""Somebody connects a platform for the first time and gets it wrong: what is wrong is said in their language, with the way out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.translation import override

from kaibo.config.shop_kinds import all_kinds
from kaibo.kit.clock import utc_now
from kaibo.kit.errors import KaiboError
from kaibo.kit.shop_channels import Can
from kaibo.master.shops import accounts
from kaibo.master.shops.models import ChannelAccount
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.orders import channel_words, pulling
from kaibo.stages.orders.models import Finding, Pull
from tests.make.people import make_person
from tests.stages.orders.test_pulling_everywhere import simulated

pytestmark = pytest.mark.django_db
__all__ = ["simulated"]
CHINESE = re.compile("[\u4e00-\u9fff]")
TOKEN_IS_THE_SECRET = {"pdd": "client_secret", "shopify": "access_token", "taobao": "app_secret", "kuaishou": "sign_secret"}


def page(client, **roles):
    client.force_login(make_person("alice", "owner"))
    return client.get(reverse("orders:channels")).content.decode()


def trouble_of(shop, **changes):
    """What is said of an account with something wrong: when it is connected, or else at its first pull."""
    ChannelAccount.objects.all().delete()
    Pull.objects.all().delete()
    try:
        accounts.connect_account(actor=KAIBO, channel_id=shop.channel.pk, given={**shop.given, **changes}, code="simulated-code", now=shop.now())
    except KaiboError as complaint:
        return complaint.code
    pulling.pull_due(shop.now() + timedelta(seconds=1))
    return ChannelAccount.objects.get().trouble


@pytest.mark.parametrize("platform", sorted(all_kinds()))
def test_each_usual_mistake_is_told_as_what_it_is(simulated, platform):
    shop = simulated(platform, orders=4)
    assert trouble_of(shop) == ""
    wrong = trouble_of(shop, **{TOKEN_IS_THE_SECRET.get(platform, "app_secret"): "another secret"})
    assert wrong in {"channels.signature_refused", "channels.token_expired"} or (platform, wrong) == ("jd", "channels.refused")  # it says so in its own words
    shop.platform.chaos.throttled = 100
    assert trouble_of(shop) == "channels.throttled"
    shop.platform.chaos.throttled = 0
    assert trouble_of(shop, **{name: "http://127.0.0.1:9" for name in shop.given if "gateway" in name or name == "oauth"}) == "channels.away"
    assert trouble_of(shop, gateway="no address") == "channels.setting_wrong"


@pytest.mark.parametrize("code", ["throttled", "token_expired", "signature_refused", "refused", "away", "unreadable", "setting_wrong"])
def test_every_trouble_has_a_way_out_on_the_page_in_both_languages(simulated, client, code):
    shop = simulated("douyin", orders=2)
    shop.connect()
    ChannelAccount.objects.update(trouble=f"channels.{code}", trouble_words="平台的原话")
    chinese = channel_words.way_out(f"channels.{code}")
    with override("en"):
        english = channel_words.way_out(f"channels.{code}")
    assert CHINESE.search(chinese) and english and not CHINESE.search(english)
    shown = page(client)
    assert "平台的原话" in shown and chinese in shown and "马上再试" in shown


def test_a_refused_account_is_said_beside_the_form_and_nothing_secret_comes_back(simulated, client):
    shop = simulated("douyin", orders=2)
    client.force_login(make_person("alice", "owner"))
    address = reverse("orders:connect-channel", args=[shop.channel.pk])
    assert "系统的自动对时" in client.post(address, shop.given).content.decode()  # it is days later on the platform's clock
    shop.platform.world.now = int(utc_now().timestamp())
    answer = client.post(address, {**shop.given, "app_secret": "another secret"})
    shown = answer.content.decode()
    assert (answer.status_code, ChannelAccount.objects.count()) == (422, 0)
    assert "没有对接上" in shown and "不接受签名" in shown and "核对密钥" in shown
    assert shop.given["app_key"] in shown and "another secret" not in shown


def test_trying_again_ends_the_pause_and_strangers_may_not(simulated, client):
    shop = simulated("douyin", orders=2)
    account = shop.connect()
    later = shop.now() + timedelta(days=365)
    Pull.objects.create(pk=account.pk, pulled_until=shop.now(), next_at=later, failures=3)
    address = reverse("orders:try-channel-again", args=[account.pk])
    client.force_login(make_person("zoe"))
    assert client.post(address).status_code in {403, 404}
    assert Pull.objects.get().next_at == later
    client.force_login(make_person("alice", "owner"))
    assert client.post(address).status_code in {200, 302, 303}
    assert Pull.objects.get().next_at < later


def test_the_page_says_what_a_platform_cannot_do_why_and_what_instead(simulated, client):
    simulated("kuaishou", orders=2).connect()
    shown = page(client)
    assert "接口只能加减" in shown and f"{reverse('orders:channel-stock')}#files" in shown and "电子面单" in shown


@pytest.mark.parametrize("platform", sorted(all_kinds()))
def test_what_a_platform_cannot_do_has_a_reason_of_its_own_and_receivers_are_explained(platform):
    kind = all_kinds()[platform]
    for language in ("zh-hans", "en"):
        with override(language):
            table = channel_words.abilities(kind, kind.capabilities)
            assert channel_words.receivers_of(kind)
            assert [one.title for one in table if one.state != "yes" and one.why in {"", "平台不提供", "the platform does not offer it"}] == []
    assert {one.what for one in kind.lacks} >= {Can.STOCK_ABSOLUTE, Can.SHIP_PART, Can.PUSH} - kind.capabilities.can


def test_a_method_somebody_chose_is_shown_as_unproven(simulated):
    shop = simulated("jd", orders=2)
    account = shop.connect()
    kind = all_kinds()["jd"]
    assert {one.title: one.state for one in channel_words.abilities(kind, accounts.capabilities_of(shop.channel, account))}["发布库存"] == "no"
    shop.given |= {"stock_method": "jingdong.ware.stock.sku.set"}
    account = shop.connect()
    assert {one.title: one.state for one in channel_words.abilities(kind, accounts.capabilities_of(shop.channel, account))}["发布库存"] == "partly"


@pytest.mark.parametrize("platform", sorted(all_kinds()))
def test_no_platform_s_masked_or_sealed_receiver_waits_for_verification(simulated, platform):
    shop = simulated(platform, orders=25, bare=100)
    shop.connect()
    shop.pull(3_000)
    shop.pull(20_000)
    assert list(Finding.objects.filter(field="address").values_list("wrong", "reason")) == []
