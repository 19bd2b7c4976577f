"""Who may do what, and why not."""

import pytest

from kaibo.master.people import queries, services
from kaibo.master.people.models import ApiToken, Person, RoleAbility
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import NOBODY
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.wiring import wiring
from tests.make.people import make_actor, make_person, make_shop

pytestmark = pytest.mark.django_db


def test_the_owner_may_do_everything(owner):
    assert all(owner.can(ability) for ability in wiring().abilities())


def test_a_role_holds_only_in_its_shop(shop):
    bob = make_actor("bob", "operations", shop=shop)
    other = make_shop("other", "别家店")
    assert bob.can("launches:launch:edit", shop_id=shop.pk)
    assert not bob.can("launches:launch:edit", shop_id=other.pk)
    assert not bob.sees(other.pk)


def test_a_refusal_names_the_roles_that_could(shop):
    host = make_actor("hana", "host", shop=shop)
    with pytest.raises(access.AbilityMissing) as refused:
        access.require(host, "launches:override:confirm", shop_id=shop.pk)
    assert refused.value.message("zh") == "你没有“确认闸门放行”的权限。需要角色：合规、运营、店长；可请店长授权"
    assert access.why(host, "launches:override:confirm").granting_roles == ("compliance", "operations", "owner")


def test_a_closed_account_may_do_nothing(shop):
    person = make_person("bob", "operations", shop=shop)
    Person.objects.filter(pk=person.pk).update(is_active=False)
    person.refresh_from_db()
    assert queries.actor_for(person) == NOBODY


def test_the_owner_can_withhold_and_grant_and_a_new_start_keeps_it(owner, shop, now):
    services.grant(actor=owner, role="operations", ability="launches:launch:edit", is_granted=False, now=now)
    services.grant(actor=owner, role="host", ability="launches:launch:edit", is_granted=True, now=now)
    services.sync_roles()
    assert not make_actor("bob", "operations", shop=shop).can("launches:launch:edit")
    assert make_actor("hana", "host", shop=shop).can("launches:launch:edit")


def test_only_who_manages_people_can_grant(shop, now):
    bob = make_actor("bob", "operations", shop=shop)
    before = RoleAbility.objects.count()
    with pytest.raises(access.AbilityMissing):
        services.grant(actor=bob, role="operations", ability="people:person:manage", is_granted=True, now=now)
    assert RoleAbility.objects.count() == before


def test_the_last_owner_stays(owner, now):
    with pytest.raises(services.LastOwner):
        services.set_active(actor=owner, person_id=owner.person_id, is_active=False, now=now)
    with pytest.raises(services.LastOwner):
        services.set_roles(actor=owner, person_id=owner.person_id, roles=[("host", None)], now=now)
    assert Person.objects.get(pk=owner.person_id).is_active


def test_an_account_name_is_taken_once_and_weak_passwords_are_refused(owner, now):
    services.add_person(actor=owner, account="bob", name="Bob", password="a-long-enough-one", roles=[("host", None)], now=now)
    with pytest.raises(services.AccountTaken):
        services.add_person(actor=owner, account="bob", name="Bob", password="a-long-enough-one", roles=[], now=now)
    with pytest.raises(services.PasswordTooWeak):
        services.add_person(actor=owner, account="eve", name="Eve", password="1234567890", roles=[], now=now)
    assert set(Person.objects.values_list("account", flat=True)) == {"alice", "bob"}


def test_a_token_holds_only_what_it_was_given_and_only_its_hash_is_kept(owner, now):
    secret = services.make_token(actor=owner, title="ERP", abilities=["stock:stock:see"], now=now)
    actor = queries.actor_of_token(secret, now=now)
    assert actor.can("stock:stock:see")
    assert not actor.can("launches:launch:edit")
    assert secret not in ApiToken.objects.get().hash
    services.revoke_token(actor=owner, token_id=ApiToken.objects.get().pk, now=now)
    assert queries.actor_of_token(secret, now=now) is None
    assert AuditRow.objects.filter(deed__startswith="console:api_token").count() == 2


def test_a_token_cannot_hold_more_than_its_person(shop, now):
    bob = make_actor("bob", "operations", shop=shop)
    with pytest.raises(services.AbilityNotYours):
        services.make_token(actor=bob, title="x", abilities=["people:person:manage"], now=now)
    assert ApiToken.objects.count() == 0
