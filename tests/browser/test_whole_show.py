"""
A whole show in real browsers: from a red gate to the retrospective, with two desks, the host's tablet and three phones.

Console and room run on ports of their own, both on one database, as in life. What the work process does by its clock
(relay, draws, figures) is called here at the moment the story needs it; waiting is always for something to be seen.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.urls import reverse
from playwright.sync_api import expect

from kaibo.config import checks
from kaibo.config.front import ChatScreener
from kaibo.kit import draw_proof, sealed_box
from kaibo.kit.clock import utc_now
from kaibo.language.screening import default_screener
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.audit import audit
from kaibo.plumbing.outbox import outbox
from kaibo.room import polls
from kaibo.room.claim_life import ADDRESSES
from kaibo.stages.analytics import services as retrospectives
from kaibo.stages.live import draw_queries, services
from kaibo.stages.live.draw_terms import Prize, first_terms
from kaibo.stages.live.models import DeskAction, DrawPlan, Incident, PointSaid, PriceVersion, PromptSeen, SaleItem
from kaibo.stages.live.services import draws
from kaibo.stages.orders import following, relay
from kaibo.stages.orders.models import Order
from kaibo.stages.showplan import services as planning
from tests.make.databases import url_of
from tests.make.people import PASSWORD, make_actor, make_person, make_shop
from tests.make.showplan import make_coat, make_prepared, make_product_segment, make_session, make_talk
from tests.room.wallets import served_with_wallet

CAST = {"linxia": "owner", "zhouzhou": "control", "hemu": "operations", "tangtang": "host", "luming": "technician"}
STOCK, QUANTITY, FLASH = 40, 10, 2


@pytest.fixture
def evening(transactional_db, settings, tmp_path, monkeypatch):
    """A planned session whose equipment is not signed yet, and its room on a process of its own."""
    monkeypatch.setattr("kaibo.stages.analytics.queries.gathering.lake_folder", lambda: tmp_path / "lake")
    shop = make_shop()
    for account, role in CAST.items():
        make_person(account, role, shop=None if role == "owner" else shop, password=PASSWORD)
    planner, sku, now = make_actor("linxia"), make_coat(shop, STOCK), utc_now()
    sku.product.selling_points = ["九成羊毛双面呢", "短款显高"]
    sku.product.save()
    session = make_session(planner, shop, room="whole-show", starts_at=now)
    make_product_segment(planner, session, sku, quantity=QUANTITY, limit=2)
    make_talk(planner, session, "收尾：下一场预告", kind="closing")
    make_prepared(planner, session, shop)
    planning.make_ready(actor=planner, session_id=session.pk, now=now)
    services.propose_playbooks(actor=planner, shop_id=shop.pk, now=now)
    dsn, screener = url_of(connection.settings_dict["NAME"]), ChatScreener(default_screener())
    key = sealed_box.public_key(sealed_box.private_key(settings.SECRET_KEY, ADDRESSES))
    with served_with_wallet(dsn, key, screener=screener, house_words=screener.take_house_words) as room:
        settings.ENV = replace(django_settings.ENV, room_url=room.url)
        yield Evening(session, sku, room)


class Evening:
    """The session, its room, and the browsers that look at them."""

    def __init__(self, session, sku, room) -> None:
        self.session, self.sku, self.room = session, sku, room

    def page(self, name: str) -> str:
        return reverse(name, args=[self.session.pk])

    def item(self, *, is_flash: bool = False) -> SaleItem:
        return SaleItem.objects.get(session=self.session, is_flash=is_flash)

    def ask(self, query: str, *parameters):
        with connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchone()

    def numbered_events(self) -> int:
        return self.ask("SELECT coalesce(max(seq), 0) FROM room.events WHERE room = %s", self.session.room)[0]


@pytest.fixture
def browsers(evening, open_browser, sign_in):
    """Pages by who holds them; seven at once are slow on a small machine, and waiting longer fails nothing that works."""
    expect.set_options(timeout=30_000)

    def patient(**how):
        opened = open_browser(**how)
        opened.set_default_timeout(60_000)
        return opened

    def staff(account: str, page: str = "live:desk", **how):
        opened = sign_in(patient(**how), account)
        opened.goto(evening.page(page))
        return opened

    def phone():
        opened = patient(width=390, height=844)
        opened.goto(f"{evening.room.url}/r/{evening.session.room}")
        opened.wait_for_selector(".room[data-state=live]")
        return opened

    yield staff, phone
    expect.set_options(timeout=5_000)


def test_a_whole_show_from_the_gate_to_the_retrospective(evening, browsers):
    staff, phone = browsers
    desk = the_gate_is_red_until_the_technician_signs(evening, staff)
    other, tablet = staff("hemu"), staff("tangtang", "live:prompter", width=1024, height=768)
    ayou, xiaoman, nuomi = phone(), phone(), phone()
    the_coat_is_put_up_and_everybody_sees_it(evening, desk, other, tablet, (ayou, xiaoman, nuomi))
    the_host_reads_the_desk_and_counts_a_point(desk, tablet)
    ayou_claims_at_the_price_of_that_moment(ayou)
    a_flash_sale_of_one_desk_is_seen_by_all(desk, other, (ayou, xiaoman, nuomi))
    two_take_it_and_the_third_waits(ayou, xiaoman, nuomi)
    pay(xiaoman, "¥499", "李小梅", "13812345678", "浙江省杭州市西湖区文三路478号3幢")
    an_unpaid_claim_ends_and_its_unit_is_offered(evening, ayou)
    a_low_price_waits_for_the_second_person(evening, desk, other, ayou)
    nuomi_claims_two_at_the_new_price(nuomi)
    a_poll_a_question_and_a_deleted_message(evening, desk, (ayou, xiaoman, nuomi))
    a_draw_is_entered_witnessed_drawn_and_computed_again(evening, staff, (ayou, xiaoman, nuomi))
    a_drill_is_run_and_no_viewer_hears_of_it(evening, desk, ayou)
    the_show_closes_and_what_is_left_comes_home(evening, desk, other, (ayou, xiaoman, nuomi))
    everything_is_accounted_for(evening)
    the_retrospective_opens(evening, staff)


def the_gate_is_red_until_the_technician_signs(evening, staff):
    technician = make_actor("luming")
    planning.sign_equipment(actor=technician, session_id=evening.session.pk, kind="microphone", is_fine=False, now=utc_now())
    desk = staff("zhouzhou")
    expect(desk.get_by_role("button", name="开播")).to_be_disabled()
    planning.sign_equipment(actor=technician, session_id=evening.session.pk, kind="microphone", is_fine=True, now=utc_now())
    desk.reload()
    desk.get_by_role("button", name="开播").click()
    desk.locator("[data-room-connection][data-state=connected]").wait_for()
    expect(desk.locator(".on-air")).to_contain_text("直播中")
    return desk


def the_coat_is_put_up_and_everybody_sees_it(evening, desk, other, tablet, phones) -> None:
    other.locator("[data-room-connection][data-state=connected]").wait_for()
    desk.keyboard.press("Space")
    receipt(desk).get_by_text("直播间已确认").wait_for()
    for one in phones:
        expect(one.locator("#card-title")).to_contain_text("短款羊毛双面呢外套")
        expect(one.locator("#card-price")).to_have_text("¥599")
        expect(one.locator("#card-left")).to_have_text("剩 10 / 10 件")
    expect(other.locator(".now-head h2")).to_have_text("短款羊毛双面呢外套")
    expect(tablet.locator("header h1")).to_have_text("短款羊毛双面呢外套")
    assert level(evening) == {"sellable": STOCK - QUANTITY, "allotted": QUANTITY}


def the_host_reads_the_desk_and_counts_a_point(desk, tablet) -> None:
    desk.keyboard.press("t")
    desk.locator("#prompt-text").fill("先报价再讲工艺")
    desk.locator("dialog#prompt .button.main").click()
    tablet.locator(".cue").get_by_text("先报价再讲工艺").wait_for()
    tablet.keyboard.press("Enter")
    tablet.locator(".cue.is-read").wait_for()
    tablet.keyboard.press("1")
    tablet.locator("[data-said='1']").get_by_text("1 次").wait_for()
    desk.get_by_text("已读").wait_for()


def ayou_claims_at_the_price_of_that_moment(ayou) -> None:
    claim(ayou, "1 件，共 ¥599")
    expect(ayou.locator("#pay-go")).to_have_text("去付款 ¥599")


def a_flash_sale_of_one_desk_is_seen_by_all(desk, other, phones) -> None:
    desk.keyboard.press("s")
    for name, value in (("price", "499"), ("units", str(FLASH)), ("limit", "1"), ("minutes", "30")):
        desk.locator(f"#flash-{name}").fill(value)
    desk.locator("dialog#flash .button.main").click()
    receipt(desk).get_by_text("直播间已确认").wait_for()
    other.locator(".levels").get_by_text("秒杀").wait_for()
    for one in phones:
        expect(one.locator("#card-price")).to_have_text("¥499")
        expect(one.locator("#card-left")).to_have_text("剩 2 / 2 件")


def two_take_it_and_the_third_waits(ayou, xiaoman, nuomi) -> None:
    claim(xiaoman, "1 件，共 ¥499")
    claim(nuomi, "1 件，共 ¥499")
    expect(ayou.locator("#buy")).to_have_text("已抢光")
    ayou.click("#wait-go")
    expect(ayou.locator("#wait-place")).to_have_text("候补中，你排在最前面")


def an_unpaid_claim_ends_and_its_unit_is_offered(evening, ayou) -> None:
    """Nuomi lets the time pass. The room ends the claim by its own clock and offers the unit to who waited."""
    flash = evening.item(is_flash=True).pk
    paid = evening.ask("SELECT claim FROM room.payments WHERE outcome = 'in_time'")[0]
    evening.ask("UPDATE room.answers SET pay_by = clock_timestamp() WHERE item = %s AND attempt <> %s RETURNING attempt", flash, paid)
    expect(ayou.locator("#after-said")).to_have_text("轮到你了！商品已为你留好")
    pay(ayou, "¥499", "王雨桐", "13900001111", "上海市徐汇区田林路65弄12号")


def a_low_price_waits_for_the_second_person(evening, desk, other, ayou) -> None:
    other.keyboard.press("1")  # the coat in front again
    expect(ayou.locator("#card-price")).to_have_text("¥599")
    desk.locator(".levels .front").get_by_text("黑色 / M").wait_for()
    expect(desk.locator(".levels .front")).not_to_contain_text("秒杀")
    desk.keyboard.press("p")
    desk.locator("#price-new").fill("399")
    desk.locator("#price-why").fill("清断码，今晚只此一轮")
    desk.locator("dialog#price .button.main").click()
    receipt(desk).get_by_text("等第二人确认后才生效").wait_for()
    assert PriceVersion.objects.filter(item=evening.item()).count() == 1
    expect(ayou.locator("#card-price")).to_have_text("¥599")
    other.locator(".asked").get_by_role("button", name="确认").click()
    expect(ayou.locator("#card-price")).to_have_text("¥399")
    expect(ayou.locator("#pay-go")).to_have_text("去付款 ¥599")  # what was claimed keeps its price


def nuomi_claims_two_at_the_new_price(nuomi) -> None:
    expect(nuomi.locator("#card-price")).to_have_text("¥399")
    nuomi.click("#more")
    claim(nuomi, "2 件，共 ¥798")
    expect(nuomi.locator("#card-left")).to_have_text("剩 7 / 10 件")


def a_poll_a_question_and_a_deleted_message(evening, desk, phones) -> None:
    ayou, xiaoman, nuomi = phones
    desk.locator("[data-talk-fold=polls] summary").click()
    desk.locator("[data-talk-opens=talk-poll]").click()
    desk.locator("#talk-poll-words").fill("先讲哪个颜色？")
    for number, words in enumerate(("雾蓝", "燕麦")):
        desk.locator("#talk-poll input[name=option]").nth(number).fill(words)
    desk.locator("#talk-poll button.main").click()
    for one, wanted in ((ayou, "燕麦"), (xiaoman, "燕麦"), (nuomi, "雾蓝")):
        one.locator(".poll-options button", has_text=wanted).click()
    expect(desk.locator(".talk-poll [data-poll-votes]")).to_have_text("3")
    desk.locator(".talk-poll button", has_text="结束并公布").click()
    expect(nuomi.locator(".poll-foot")).to_contain_text("投票结束")

    say(xiaoman, "领口扎不扎脖子", is_question=True)
    desk.locator(".talk-question", has_text="领口扎不扎脖子").get_by_text("上屏回答").click()
    desk.locator("#talk-answer-text").fill("领口有里衬，不扎")
    desk.locator("#talk-answer button.main").click()
    expect(ayou.locator("#chat li.answered")).to_contain_text("答：领口有里衬，不扎")

    say(nuomi, "隔壁直播间便宜一半")
    expect(ayou.locator("#chat li", has_text="隔壁直播间便宜一半")).to_have_count(1)
    desk.locator("[data-chat] li", has_text="隔壁直播间便宜一半").click()
    desk.locator("#talk-remove-reason").fill("广告引流")
    desk.locator("#talk-line form[data-talk-form=remove] button").click()
    for one in phones:
        expect(one.locator("#chat li", has_text="隔壁直播间便宜一半")).to_have_count(0)
    with connection.cursor() as cursor:
        assert [one.votes for one in polls.polls_of(cursor, evening.session.room)[0].options] == [1, 2]


def a_draw_is_entered_witnessed_drawn_and_computed_again(evening, staff, phones) -> None:
    scarf = Prize("羊绒围巾", "100% 山羊绒，驼色", 1, 39_900)
    kept = first_terms(organiser="杭州林夏服饰有限公司", contact="0571-88880000").as_json() | {"title": "整点抽奖"}
    terms = type(first_terms(organiser=""))(**{**kept, "prizes": (scarf,)})
    plan = draws.save_draw(actor=make_actor("hemu"), session_id=evening.session.pk, draw_id=None, terms=terms, now=utc_now())
    page = staff("hemu", "live:draws")
    page.get_by_role("button", name="开始抽奖").click()
    page.locator("dialog[open]").get_by_role("button", name="公布").click()
    page.get_by_role("button", name="我来见证").click()
    page.get_by_text("你是见证人").wait_for()
    for one in phones:
        one.locator(".draw-act").click()
        one.locator(".draw-in").wait_for()
    assert draws.advance_draws(utc_now() + timedelta(minutes=6)) == 1  # its time is over: the list is frozen
    page.get_by_text("已公开").first.wait_for()
    assert draws.advance_draws(utc_now() + timedelta(minutes=8)) == 1
    _plan, told = draw_queries.published_file(make_actor("linxia"), plan.pk)
    assert draw_proof.verify(told.encode()) == []
    for one in phones:
        expect(one.locator(".draw, .draw-result").first).to_contain_text("整点抽奖")
    ayou = phones[0]
    ayou.goto(f"{evening.room.url}/draw/{evening.session.room}/{plan.pk}")
    ayou.click("#verify")
    ayou.wait_for_selector("#verdict.good")
    ayou.goto(f"{evening.room.url}/r/{evening.session.room}")
    ayou.wait_for_selector(".room[data-state=live]")
    assert the_winner(phones) == 1
    assert evening.ask("SELECT count(*) FROM room.draw_entries WHERE draw = %s", plan.pk) == (3,)
    page.context.close()


def the_winner(phones) -> int:
    """Whoever won takes the prize; how many they are."""
    for one in phones:
        one.locator(".draw.good, .draw-result").first.wait_for()
    winners = [one for one in phones if is_winner(one)]
    for one in winners:
        one.locator(".draw.good .draw-act").click()
        one.get_by_text("兑奖码").wait_for()
    return len(winners)


def is_winner(phone) -> bool:
    """This page has heard of its own entry's fate: it won, or it names the winner."""
    phone.wait_for_function(
        "() => document.querySelector('.draw.good') !== null || document.querySelector('.draw-result')?.textContent.includes('已开奖')"
    )
    return phone.locator(".draw.good .draw-act").count() == 1


def a_drill_is_run_and_no_viewer_hears_of_it(evening, desk, ayou) -> None:
    before = evening.numbered_events()
    desk.keyboard.press("F9")
    desk.locator("dialog#playbook label.check").click()
    desk.locator("dialog#playbook .button.main").click()
    desk.locator(".incident.is-drill").wait_for()
    desk.locator(".incident-steps li").first.get_by_role("button", name="完成").click()
    desk.locator(".incident-steps li.done").wait_for()
    desk.keyboard.press("a")
    words = desk.locator("#tell-text").input_value()
    desk.locator("dialog#tell-viewers .button.main").click()
    desk.locator(".incident-told").wait_for()
    desk.get_by_role("button", name="结束应急").click()
    desk.locator("#cause").fill("演练：备用流切换 40 秒")
    desk.locator("dialog#end-incident .button.main").click()
    desk.locator(".incident").wait_for(state="detached")
    incident = Incident.objects.get()
    assert (incident.is_drill, incident.steps.filter(done_at__isnull=False).count(), len(incident.announced)) == (True, 1, 1)
    assert words and evening.numbered_events() == before
    assert words not in ayou.locator("body").inner_text()


def the_show_closes_and_what_is_left_comes_home(evening, desk, other, phones) -> None:
    desk.get_by_role("button", name="下播").first.click()
    desk.locator("dialog#end-session .button.main").click()
    for one in phones:
        one.wait_for_selector(".room[data-state=ended]")
        expect(one.locator("#curtain-line")).to_contain_text("直播已结束")
    other.reload()
    expect(other.locator("h1")).to_contain_text("秋冬上新第 3 场")
    ended = DeskAction.objects.get(kind="end")
    assert ended.details["returned"] == 7  # ten put up, one and two claimed; the flash sale's two are both taken


def everything_is_accounted_for(evening) -> None:
    """The work process slept all evening and hears of everything after the show was closed."""
    now = utc_now()
    assert relay.settle_claims(now) == 5
    following.follow_claims(now)
    outbox.deliver_waiting(now)
    found = Order.objects.order_by("amount_fen", "state").values_list("amount_fen", "paid_fen", "units", "state")
    assert sorted(found) == [
        (49_900, 0, 1, "cancelled"), (49_900, 49_900, 1, "allocated"), (49_900, 49_900, 1, "allocated"), (59_900, 0, 1, "pending_payment"),
        (79_800, 0, 2, "pending_payment"),
    ]  # fmt: skip
    assert sorted(Order.objects.filter(paid_fen__gt=0).values_list("receiver_masked", flat=True)) == ["李** 138****5678", "王** 139****1111"]
    assert level(evening) == {"sellable": STOCK - 5, "allotted": 0}
    assert list(PriceVersion.objects.filter(item=evening.item()).order_by("version").values_list("price_fen", flat=True)) == [59_900, 39_900]
    assert (PromptSeen.objects.count(), list(PointSaid.objects.values_list("place", "by_name"))) == (1, [(1, "Tangtang")])
    assert DrawPlan.objects.count() == 1
    done = DeskAction.objects.exclude(kind__in=["prompt", "playbook", "playbook_tell", "playbook_over"]).order_by("at", "id").values_list("kind", "actor_name")
    assert list(done) == [
        ("start", "Zhouzhou"), ("next", "Zhouzhou"), ("flash", "Zhouzhou"), ("pin", "Hemu"), ("price", "Zhouzhou"), ("price_confirm", "Hemu"),
        ("draw", "Hemu"), ("end", "Zhouzhou"),
    ]  # fmt: skip
    audit.seal(now)
    assert checks.differences() == []


def the_retrospective_opens(evening, staff) -> None:
    retrospectives.recount(actor=make_actor("linxia"), session_id=evening.session.pk, now=utc_now())
    page = staff("linxia", "analytics:session")
    expect(page.locator("h1")).to_contain_text("秋冬上新第 3 场")
    expect(page.locator("main")).to_contain_text("¥998")


# ── what hands do ──


def receipt(page):
    return page.locator("[data-receipt]")


def claim(page, words: str) -> None:
    page.click("#buy")
    expect(page.locator("#answer")).to_contain_text(words)


def say(page, text: str, *, is_question: bool = False) -> None:
    page.fill("#words", text)
    if is_question:
        page.click("#ask")
    page.click("#send")


def pay(page, amount: str, name: str, phone: str, address: str) -> None:
    page.click("#pay-go")
    expect(page.locator("#pay-amount")).to_have_text(amount)
    page.fill("#to-name", name)
    page.fill("#to-phone", phone)
    page.fill("#to-address", address)
    page.click("#pay-submit")
    expect(page.locator("#amount")).to_have_text(f"{amount}.00")
    page.click("#pay")
    expect(page.locator("#pay-state")).to_contain_text("已付款")
    page.locator("#checkout [data-close]").click()


def level(evening) -> dict[str, int]:
    found = stock.levels_of([evening.sku.pk])[evening.sku.pk]
    return {"sellable": found.get(Bucket.SELLABLE, 0), "allotted": found.get(Bucket.ALLOTTED, 0)}
