"""The pages of cases."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kaibo.stages.aftersales.gates import gate
from kaibo.stages.aftersales.models import Case, RuleVersion
from kaibo.stages.aftersales.rules import Nature
from tests.make.aftersales import NOW, make_case, make_sent_line
from tests.make.people import make_person

pytestmark = pytest.mark.django_db


def signed_in(client, account="li", *roles):
    client.force_login(make_person(account, *(roles or ("service",))))
    return client


def test_the_list_says_what_to_do_now_and_whose_it_is(client, shop):
    make_person("mei", "service", shop=shop)
    make_case()
    page = signed_in(client).get(reverse("aftersales:list")).content.decode()
    assert "联系买家，给出方案" in page and "Mei" in page and "质量问题" in page


def test_a_whole_case_is_handled_on_its_page(client, shop):
    case = make_case()
    signed_in(client, "alice", "owner")
    for name, said in (
        ("move", {"target": "approved_return", "reason": ""}), ("receive", {"quantity": "1"}), ("refund", {"amount_yuan": "599.00", "key": "R1"}),
        ("contact", {"outcome": "satisfied", "text": "满意"}), ("close", {"reason": "起球"}),
    ):  # fmt: skip
        assert client.post(reverse(f"aftersales:{name}", args=[case.pk]), said).status_code == 302, name
        assert client.get(reverse("aftersales:case", args=[case.pk])).status_code == 200
    assert Case.objects.get().state == "closed"


def test_a_case_is_registered_from_an_order_number(client, shop):
    line = make_sent_line("6953000000000004417")
    signed_in(client, "alice", "owner")
    address = reverse("aftersales:new")
    assert client.get(address).status_code == 200
    assert "短款羊毛双面呢外套" in client.get(address, {"order_no": "6953000000000004417"}).content.decode()
    assert client.get(address, {"order_no": "nope"}).status_code == 422
    told = {"order_no": "6953000000000004417", "line": str(line.pk), "kind": "return", "nature": "size", "impact": "one", "quantity": 1, "reason": "大了"}
    assert client.post(address, told).status_code == 302
    assert Case.objects.get().reason == "大了"


def test_a_host_sees_no_case_and_changes_no_rule(client, shop):
    case = make_case()
    signed_in(client, "hans", "host")
    assert client.get(reverse("aftersales:case", args=[case.pk])).status_code == 403
    told = {"nature": "size", "impact": "one", "severity": "serious", "reason": "x"}
    assert client.post(reverse("aftersales:change-cell"), told).status_code == 403
    assert not RuleVersion.objects.exists()


def test_the_list_asks_the_same_number_of_queries_for_one_case_and_twenty(client, shop):
    line = make_sent_line()
    make_case(line)
    signed_in(client)

    def counted():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("aftersales:list")).status_code == 200
        return len(queries)

    counted()
    few = counted()
    for _ in range(20):
        make_case(line)
    assert counted() == few


def test_a_serious_case_turns_its_launch_red_with_the_way_out(shop, owner):
    from kaibo.master.launches.models import Launch

    case = make_case(nature=Nature.SAFETY)
    launch = Launch.objects.create(shop=shop, product=case.line.sku.product, title="外套", owner_id=owner.person_id, created_at=NOW)
    found = gate([launch.pk], NOW)[launch.pk]
    assert (found.state, found.reason, found.source) == ("red", "1 个严重个案未结", "AFT-1")
    assert found.repair_href
