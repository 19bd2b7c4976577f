"""People and permissions: who may do what where, and who gave it to them (TEAM-1)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kaibo.kit.errors import Invalid
from kaibo.master.people import queries, services
from kaibo.plumbing.access import access
from kaibo.plumbing.access.access import ROLE_TITLES
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.drawn import escaped
from kaibo.plumbing.wiring import wiring


class PersonForm(forms.Form):
    """A new account."""

    account = forms.SlugField(label=gettext_lazy("账号"), max_length=40)
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=40)
    password = forms.CharField(
        label=gettext_lazy("初始密码"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("至少 10 位"),
    )
    roles = forms.MultipleChoiceField(label=gettext_lazy("角色"), widget=forms.CheckboxSelectMultiple)
    shop = forms.ChoiceField(label=gettext_lazy("店铺"), required=False)

    def __init__(self, *args: object, shops: list, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [(key, _role_words(key)) for key in ROLE_TITLES]
        self.fields["shop"].choices = [("", _("全部店铺")), *((shop.pk, shop.name) for shop in shops)]


def _role_words(key: str) -> str:
    return queries.role_title(key, get_language() or "zh")


def people(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, services.PERSON_MANAGE)
    shops = {shop.pk: shop.name for shop in request.shops}
    rows = [
        {
            "row": row,
            "roles": [
                f"{_role_words(role)}（{shops.get(shop, '')}）" if shop else _role_words(role)
                for role, shop in row.roles
            ],
        }
        for row in queries.people_rows()
    ]
    return render(request, "people/people.html", {"rows": rows, "form": PersonForm(shops=list(request.shops))})


@require_POST
def add(request: ConsoleRequest) -> HttpResponse:
    form = PersonForm(request.POST, shops=list(request.shops))
    if not form.is_valid():
        return render(request, "people/new.html", {"form": form}, status=422)
    said = form.cleaned_data
    shop_id = UUID(said["shop"]) if said["shop"] else None
    services.add_person(
        actor=request.actor, account=said["account"], name=said["name"], password=said["password"],
        roles=[(role, shop_id) for role in said["roles"]], now=request.now,
    )  # fmt: skip
    return done(request, _("已添加人员"), "people:list")


@require_POST
def set_active(request: ConsoleRequest, person_id: UUID) -> HttpResponse:
    is_active = request.POST.get("active") == "1"
    services.set_active(actor=request.actor, person_id=person_id, is_active=is_active, now=request.now)
    return done(request, _("账号已启用") if is_active else _("账号已停用"), "people:list")


def roles(request: ConsoleRequest) -> HttpResponse:
    access.require(request.actor, services.PERSON_MANAGE)
    granted = queries.granted_abilities()
    is_english = (get_language() or "").startswith("en")
    rows = "".join(_ability_row(one.key, one.en if is_english else one.zh, granted) for one in wiring().abilities().values())
    return render(request, "people/roles.html", {"rows": mark_safe(rows), "titles": [_role_words(role) for role in ROLE_TITLES]})  # noqa: S308  every part is escaped


def _ability_row(key: str, words: str, granted: Collection[tuple[str, str]]) -> str:
    """A row of the matrix, drawn without a template: there are over a thousand cells."""
    give, take, has_words = escaped(_("授予")), escaped(_("收回")), escaped(_("有"))
    words, key = escaped(words), escaped(key)
    cells = []
    for role in ROLE_TITLES:
        has = (role, key) in granted
        if role == "owner":
            cells.append(f'<td class="center"><span class="gate ok" aria-label="{has_words}">✓</span></td>')
        else:
            cells.append(
                f'<td class="center"><button class="gate {"ok" if has else "none"}" name="cell" value="{role} {key} {"0" if has else "1"}"'
                f' aria-label="{take if has else give} {words}">{"✓" if has else "·"}</button></td>'
            )
    return f'<tr><td>{words}<div class="muted">{key}</div></td>{"".join(cells)}</tr>'


@require_POST
def grant(request: ConsoleRequest) -> HttpResponse:
    """The cell says it all: whose, what, and 1 to give or 0 to take."""
    role, ability, has = ([*request.POST.get("cell", "").split(" "), "", "", ""])[:3]
    if role not in ROLE_TITLES or ability not in wiring().abilities():
        raise Invalid
    services.grant(
        actor=request.actor,
        role=role,
        ability=ability,
        is_granted=has == "1",
        now=request.now,
    )
    return done(request, _("权限已更新，立即生效"), "people:roles")
