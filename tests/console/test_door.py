"""The way in: passwords, throttling, the second factor, and where one lands."""

import time

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from kaibo.console import services
from kaibo.plumbing.audit.models import AuditRow
from tests.console.conftest import client_of
from tests.make.people import NOW, PASSWORD, make_actor, make_person

pytestmark = pytest.mark.django_db


def sign_in(client: Client, password: str = PASSWORD, account: str = "alice", **more):
    return client.post("/sign-in", {"account": account, "password": password, **more})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_account_and_password_open_the_home_board(alice):
    client = Client()
    response = sign_in(client)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_in(client)


def test_a_wrong_password_and_an_unknown_account_get_the_same_words(alice):
    wrong, unknown = sign_in(Client(), "nonsense-1234"), sign_in(Client(), account="nobody")
    for response in (wrong, unknown):
        assert response.status_code == 200
        assert "账号或密码不对" in response.content.decode()


def test_five_wrong_tries_rest_the_account_even_for_the_right_password(alice):
    client = Client()
    for _ in range(5):
        response = sign_in(client, "nonsense-1234")
    assert response.status_code == 429
    assert "15 分钟后再试" in response.content.decode()
    response = sign_in(client)
    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert not is_in(client)


def test_another_account_is_not_rested_by_it(alice, otto):
    client = Client()
    for _ in range(5):
        sign_in(client, "nonsense-1234")
    assert sign_in(client, account="otto").status_code == 302
    assert AccessAttempt.objects.filter(username="alice").count() == 1


def test_a_closed_account_stays_outside(alice):
    alice.is_active = False
    alice.save()
    client = Client()
    sign_in(client)
    assert not is_in(client)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_signing_in(alice, elsewhere):
    assert sign_in(Client(), next=elsewhere)["Location"] == "/"


def test_one_lands_where_one_wanted_to_go(alice):
    client = Client()
    door = client.get("/why?ability=console:job:see")
    assert door["Location"] == "/sign-in?next=%2Fwhy%3Fability%3Dconsole%3Ajob%3Asee"
    assert sign_in(client, next="/why?ability=console:job:see")["Location"] == "/why?ability=console:job:see"


def code_of(device: TOTPDevice) -> str:
    return f"{totp(device.bin_key, step=device.step, t0=device.t0, digits=device.digits):06d}"


def with_factor(person) -> TOTPDevice:
    return TOTPDevice.objects.create(user=person, name="alice", confirmed=True)


def test_the_second_factor_is_asked_before_anyone_is_in(alice):
    device = with_factor(alice)
    client = Client()
    assert sign_in(client)["Location"] == "/sign-in/code"
    assert not is_in(client)
    assert client.get("/").status_code == 302
    assert client.post("/sign-in/code", {"code": code_of(device)})["Location"] == "/"
    assert is_in(client)


def test_a_wrong_code_keeps_the_door_shut_and_slows_the_next(alice):
    device = with_factor(alice)
    client = Client()
    sign_in(client)
    right = code_of(device)
    wrong = "000000" if right != "000000" else "111111"
    assert "不对或已过期" in client.post("/sign-in/code", {"code": wrong}).content.decode()
    client.post("/sign-in/code", {"code": right})
    assert not is_in(client), "right after a wrong code even the right one has to wait"


def test_a_code_works_once(alice):
    device = with_factor(alice)
    code = code_of(device)
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client)
        client.post("/sign-in/code", {"code": code})
    assert (is_in(first), is_in(second)) == (True, False)


def test_the_code_page_without_a_password_leads_back(alice):
    with_factor(alice)
    assert Client().get("/sign-in/code")["Location"] == "/sign-in"


def test_a_password_of_six_minutes_ago_no_longer_counts(alice):
    device = with_factor(alice)
    client = Client()
    sign_in(client)
    session = client.session
    session["pending_person"] = {**session["pending_person"], "at": time.time() - 360}
    session.save()
    assert client.post("/sign-in/code", {"code": code_of(device)})["Location"] == "/sign-in"
    assert not is_in(client)


def test_signing_out_needs_a_post_and_ends_the_session(as_alice):
    assert as_alice.get("/sign-out").status_code == 405
    assert as_alice.post("/sign-out")["Location"] == "/sign-in"
    assert as_alice.get("/").status_code == 302


class TestSettingUpTheSecondFactor:
    def test_counts_only_once_its_first_code_was_right(self, as_alice, alice):
        as_alice.post("/profile/factor")
        device = TOTPDevice.objects.get(user=alice)
        assert not device.confirmed
        assert "<svg" in as_alice.get("/profile").content.decode()
        assert sign_in(Client())["Location"] == "/", "an unconfirmed factor must not lock anyone out"
        as_alice.post("/profile/factor/confirm", {"code-code": code_of(device)})
        device.refresh_from_db()
        assert device.confirmed
        assert AuditRow.objects.filter(deed="console:second_factor:turn_on", actor_id=alice.pk).count() == 1

    def test_a_wrong_first_code_changes_nothing(self, as_alice, alice):
        as_alice.post("/profile/factor")
        device = TOTPDevice.objects.get(user=alice)
        wrong = "000000" if code_of(device) != "000000" else "111111"
        assert as_alice.post("/profile/factor/confirm", {"code-code": wrong}).status_code == 422
        device.refresh_from_db()
        assert not device.confirmed

    def test_turning_it_off_needs_the_password(self, as_alice, alice):
        with_factor(alice)
        assert as_alice.post("/profile/factor/drop", {"drop-password": "nonsense-1234"}).status_code == 422
        assert TOTPDevice.objects.filter(user=alice).count() == 1
        assert as_alice.post("/profile/factor/drop", {"drop-password": PASSWORD}).status_code == 302
        assert TOTPDevice.objects.filter(user=alice).count() == 0

    def test_beginning_again_while_it_is_on_is_refused(self, alice):
        with_factor(alice)
        with pytest.raises(services.SecondFactorIsOn):
            services.begin_second_factor(person=alice)
        assert TOTPDevice.objects.filter(user=alice).count() == 1


class TestChangingThePassword:
    def fields(self, **changes):
        kept = {"current": PASSWORD, "new": "a-quite-new-word-7", "again": "a-quite-new-word-7"} | changes
        return {f"password-{name}": value for name, value in kept.items()}

    def test_keeps_this_session_and_ends_the_others(self, as_alice, alice):
        elsewhere = client_of(alice)
        assert as_alice.post("/profile/password", self.fields()).status_code == 302
        assert as_alice.get("/profile").status_code == 200
        assert elsewhere.get("/profile").status_code == 302
        alice.refresh_from_db()
        assert alice.check_password("a-quite-new-word-7")

    @pytest.mark.parametrize("changes", [{"current": "nonsense-1234"}, {"again": "another-word-8"}, {"new": "short", "again": "short"}, {"new": "12345678901", "again": "12345678901"}])
    def test_is_refused_and_changes_nothing(self, as_alice, alice, changes):
        assert as_alice.post("/profile/password", self.fields(**changes)).status_code == 422
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)


def test_the_sign_in_page_speaks_the_language_one_asks_for(db):
    client = Client()
    assert "登录" in client.get("/sign-in").content.decode()
    client.get("/sign-in?language=en")
    page = client.get("/sign-in").content.decode()
    assert "Sign in" in page
    assert 'lang="en"' in page


def test_a_stranger_to_all_roles_is_an_actor_without_abilities(db):
    make_person("zoe", password=PASSWORD)
    assert dict(make_actor("zoe").abilities) == {}
    assert NOW is not None
