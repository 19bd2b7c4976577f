"""The register with its hour, on a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from kaibo.facts.flow import MentionFlagged
from kaibo.kit.errors import Forbidden
from kaibo.kit.ids import new_id
from kaibo.master.launches.models import Launch
from kaibo.plumbing.intake.kinds import Taken
from kaibo.plumbing.notices.models import Notice
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.risk import queries, services
from kaibo.stages.risk.gates import gate
from kaibo.stages.risk.models import Mention, WatchWord
from kaibo.stages.risk.today import badge, today
from tests.make.goods import make_product
from tests.make.people import make_actor, make_person, make_shop
from tests.make.risk import BAD, NOW, make_mention, tell

pytestmark = pytest.mark.django_db
ANSWER = "您好，抱歉没有让您满意，请私信订单号，我们核实后给您处理。"


@pytest.fixture
def sam(shop):
    return make_actor("sam", "service", shop=shop)


def test_a_negative_mention_gets_an_hour_from_when_we_first_saw_it(shop, sam, owner):
    one = make_mention(shop)
    assert (one.state, one.answer_by, one.first_seen_at) == ("new", NOW + timedelta(hours=1), NOW)
    assert OutboxFact.objects.filter(name=MentionFlagged.name, payload__mention_id=str(one.pk)).count() == 1
    assert set(Notice.objects.values_list("person_id", flat=True)) == {sam.person_id, owner.person_id}


def test_told_again_later_the_clock_does_not_start_anew(shop):
    make_mention(shop)
    assert tell(shop, BAD, now=NOW + timedelta(minutes=50)) == [Taken.SAME]
    assert Mention.objects.get().answer_by == NOW + timedelta(hours=1)


def test_an_author_is_kept_masked_only(shop):
    assert make_mention(shop).author == "爱*****陈"


def test_praise_is_kept_quiet_and_strangers_talk_is_not_kept(shop):
    assert tell(shop, "林夏的衣橱真好看", "隔壁的毛衣避雷") == [Taken.NEW, None]
    assert list(Mention.objects.values_list("state", "answer_by")) == [("quiet", None)]


def test_a_watch_word_makes_a_nickname_mean_the_product(shop, owner):
    product = make_product(shop)
    assert tell(shop, "夏夏家那件呢子起球严重") == [None]
    services.add_watch_word(actor=owner, shop_id=shop.pk, word="夏夏家那件呢子", product_id=product.pk, now=NOW)
    one = make_mention(shop, "夏夏家那件呢子起球严重")
    assert (one.product_id, one.state) == (product.pk, "new")
    with pytest.raises(services.WatchWordTaken):
        services.add_watch_word(actor=owner, shop_id=shop.pk, word="夏夏家那件呢子", now=NOW)
    assert WatchWord.objects.count() == 1


def test_one_takes_it_on_answers_and_closes(shop, sam):
    one = make_mention(shop)
    services.take_on(actor=sam, mention_id=one.pk, now=NOW)
    services.answer(actor=sam, mention_id=one.pk, text=ANSWER, now=NOW + timedelta(minutes=20))
    services.close(actor=sam, mention_id=one.pk, outcome="已退款，本人删帖", now=NOW + timedelta(days=1))
    one.refresh_from_db()
    assert (one.state, one.answered_by, one.outcome) == ("closed", "Sam", "已退款，本人删帖")
    assert queries.overview(sam, NOW + timedelta(days=1)).in_time == 1


def test_an_unlawful_answer_is_refused_with_the_word_and_nothing_changes(shop, sam):
    one = make_mention(shop)
    services.take_on(actor=sam, mention_id=one.pk, now=NOW)
    with pytest.raises(services.AnswerUnlawful) as refused:
        services.answer(actor=sam, mention_id=one.pk, text="我们是全国第一、最好的外套，绝不起球", now=NOW)
    assert refused.value.details["word"]
    one.refresh_from_db()
    assert (one.state, one.answer) == ("answering", "")


def test_a_colleague_cannot_answer_what_is_not_theirs(shop, sam):
    one = make_mention(shop)
    services.take_on(actor=sam, mention_id=one.pk, now=NOW)
    other = make_actor("tina", "service", shop=shop)
    with pytest.raises(services.NotYours):
        services.answer(actor=other, mention_id=one.pk, text=ANSWER, now=NOW)
    services.take_on(actor=other, mention_id=one.pk, now=NOW)
    services.answer(actor=other, mention_id=one.pk, text=ANSWER, now=NOW)
    one.refresh_from_db()
    assert one.answered_by == "Tina"


def test_nothing_is_closed_unanswered_or_dismissed_without_reason(shop, sam):
    one = make_mention(shop)
    with pytest.raises(services.MentionMovedOn):
        services.close(actor=sam, mention_id=one.pk, outcome="算了", now=NOW)
    with pytest.raises(services.ReasonMissing):
        services.dismiss(actor=sam, mention_id=one.pk, reason=" ", now=NOW)
    one.refresh_from_db()
    assert one.state == "new"


def test_when_the_hour_is_over_people_are_told_once(shop, sam, owner):
    one = make_mention(shop)
    Notice.objects.all().delete()
    assert services.tell_overdue(now=NOW + timedelta(minutes=59)) == 0
    assert services.tell_overdue(now=NOW + timedelta(minutes=60)) == 1
    assert services.tell_overdue(now=NOW + timedelta(minutes=61)) == 0
    assert sorted(Notice.objects.values_list("person_id", "state")) == sorted([(sam.person_id, "red"), (owner.person_id, "red")])
    assert [(item.state, item.who) for item in today(sam, NOW + timedelta(hours=2))] == [("red", "没人认领")]
    assert [waiting.count() for waiting in badge(sam, NOW)] == [1]
    services.take_on(actor=sam, mention_id=one.pk, now=NOW)
    services.answer(actor=sam, mention_id=one.pk, text=ANSWER, now=NOW)
    assert (list(today(sam, NOW)), [waiting.count() for waiting in badge(sam, NOW)]) == ([], [0])


def test_a_false_alarm_may_be_flagged_again_with_a_new_hour(shop, sam):
    one = make_mention(shop)
    services.dismiss(actor=sam, mention_id=one.pk, reason="说的是别家", now=NOW)
    services.flag(actor=sam, mention_id=one.pk, now=NOW + timedelta(hours=3))
    one.refresh_from_db()
    assert (one.state, one.answer_by) == ("new", NOW + timedelta(hours=4))


@pytest.mark.parametrize("roles", [("host",), ("quality",), ("analyst",)])
def test_wrong_roles_answer_nothing(shop, roles):
    one = make_mention(shop)
    actor = make_actor("hugo", *roles, shop=shop)
    with pytest.raises(Forbidden):
        services.take_on(actor=actor, mention_id=one.pk, now=NOW)
    one.refresh_from_db()
    assert (one.state, one.owner_id) == ("new", None)


def test_another_shop_sees_nothing(shop):
    one = make_mention(shop)
    zoe = make_actor("zoe", "service", shop=make_shop("other", "别家"))
    with pytest.raises(queries.MentionUnknown):
        services.take_on(actor=zoe, mention_id=one.pk, now=NOW)
    assert list(queries.mentions_for(zoe)) == []


def test_pages_answer_and_mark_the_words(shop):
    one = make_mention(shop)
    client = Client()
    client.force_login(make_person("sam", "service", shop=shop))
    for address in ("/risk/", f"/risk/{one.pk}/", "/risk/watch"):
        assert client.get(address).status_code == 200, address
    assert '<mark class="theme">' in client.get("/risk/").content.decode()
    assert client.post(f"/risk/{one.pk}/take").status_code == 302
    assert "登记已发出的答复" in client.get(f"/risk/{one.pk}/").content.decode()
    assert Client().get("/risk/").status_code == 302


def test_the_gate_is_red_while_it_burns(shop):
    product = make_product(shop)
    launch = Launch.objects.create(shop=shop, product=product, title="外套", owner_id=new_id(), created_at=NOW)
    assert gate([launch.pk], NOW)[launch.pk].state == "none"
    one = make_mention(shop, "短款羊毛双面呢外套起球")
    found = gate([launch.pk], NOW + timedelta(hours=2))[launch.pk]
    assert (found.state, found.reason, found.source) == ("red", "1 条负面没答复，已超时：短款羊毛双面呢外套起球", "一小时答复 RSK-1")
    services.dismiss(actor=make_actor("sam", "service", shop=shop), mention_id=one.pk, reason="误会", now=NOW)
    assert gate([launch.pk], NOW)[launch.pk].state == "ok"
