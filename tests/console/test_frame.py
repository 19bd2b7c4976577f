"""The frame of a page: its texts, addresses and files are found once, in the language and for the person at hand."""

from __future__ import annotations

import pytest
from django.db import connection
from django.template import engines
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_script_prefix, reverse, set_script_prefix
from django.utils import translation

from kaibo.plumbing.addresses import address_of
from tests.console.conftest import client_of
from tests.make.people import make_person


def drawn(source: str, **values: object) -> str:
    return engines["django"].from_string(source).render(values)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "source",
    ['{% translate "今天" %}', '{% trans "今天" %}', '{% translate "今天" as t %}[{{ t }}]', "{% translate said %}", '{% translate "今天" noop %}',
     '{% translate "<b>今天</b> 5%" %}', '{% translate "a &amp; b" as t %}{{ t }}', '{% translate "今天"|upper %}'],
)  # fmt: skip
def test_a_text_reads_as_djangos_own_tag_writes_it(source, language):
    from django.template import Context, Engine

    own = Engine(libraries={"i18n": "django.templatetags.i18n"}, builtins=["django.templatetags.i18n"])
    with translation.override(language):
        assert drawn(source, said="今天") == own.from_string(source).render(Context({"said": "今天"}))


def test_a_kept_text_follows_the_language():
    with translation.override("zh-hans"):
        assert drawn('{% translate "今天" %}') == "今天"
    with translation.override("en"):
        assert drawn('{% translate "今天" %}') == "Today"
    with translation.override("zh-hans"):
        assert drawn('{% translate "今天" %}') == "今天"


def test_a_kept_address_is_the_one_django_finds():
    assert drawn('{% url "home" %}|{% url "orders:order" pk %}', pk="01a20226-6110-7277-8224-2c36e3ebd073") == (
        f'{reverse("home")}|{reverse("orders:order", args=["01a20226-6110-7277-8224-2c36e3ebd073"])}'
    )
    assert drawn('{% url "nowhere" as there %}[{{ there }}]') == "[]"
    with pytest.raises(NoReverseMatch):
        drawn('{% url "nowhere" %}')


def test_a_kept_address_stands_under_the_prefix_of_the_moment():
    before = get_script_prefix()
    try:
        assert address_of("home") == "/"
        set_script_prefix("/shop/")
        assert address_of("home") == "/shop/"
    finally:
        set_script_prefix(before)


def test_the_frame_of_a_page_costs_seven_queries(db):
    """Session, person, roles, abilities, badges, shops, notices."""
    client = client_of(make_person("alice", "owner"))
    client.get("/components")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/components").status_code == 200
    assert len(queries) == 7


def test_the_frame_shows_each_only_what_they_may_open(shop):
    alice, hanna = client_of(make_person("alice", "owner")), client_of(make_person("hanna", "host", shop=shop))
    for _ in range(2):
        assert 'href="/orders/verify"' in alice.get("/orders/").content.decode()
        assert 'href="/jobs"' in alice.get("/profile").content.decode()
        assert 'href="/jobs"' not in hanna.get("/profile").content.decode()
