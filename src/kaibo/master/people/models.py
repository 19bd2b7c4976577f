"""People, roles and who has which role where."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from kaibo.kit.ids import new_id


class PersonManager(BaseUserManager):
    """Finds people by account name; people are made by `services.add_person`."""

    def get_by_natural_key(self, username: str) -> Person:
        return self.get(account__iexact=username)


class Person(AbstractBaseUser):
    """A member of staff with an account."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=40)
    language = models.CharField(max_length=8, default="zh-hans")
    theme = models.CharField(max_length=8, default="auto")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects = PersonManager()

    USERNAME_FIELD = "account"
    REQUIRED_FIELDS = ["name"]

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False


class Role(models.Model):
    """A role of the team; keys are those of `plumbing.access.ROLE_TITLES`."""

    key = models.CharField(primary_key=True, max_length=20)
    position = models.PositiveSmallIntegerField()


class RoleAbility(models.Model):
    """A role's ability. Rows that came from a manifest are kept in step with it; the owner may add or withhold."""

    id = models.BigAutoField(primary_key=True)
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="abilities")
    ability = models.CharField(max_length=80)
    is_granted = models.BooleanField(default=True)
    is_default = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "ability"], name="one_row_per_role_ability")]


class Membership(models.Model):
    """A person has a role in one shop, or in all shops when `shop` is null."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.ForeignKey(Role, on_delete=models.PROTECT)
    shop = models.ForeignKey("shops.Shop", null=True, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "role", "shop"], name="one_membership", nulls_distinct=False)
        ]


class ApiToken(models.Model):
    """A token for the JSON API with some of its person's abilities. Only the hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    title = models.CharField(max_length=60)
    hash = models.CharField(max_length=64, unique=True)
    abilities = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
