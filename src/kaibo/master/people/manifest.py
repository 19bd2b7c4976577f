"""What the shell may know of these nouns."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Ability, Page, Stage

MANIFEST = Stage(
    key="people",
    pages=(Page(_("人员与权限"), "people:list"),),
    abilities=tuple(
        Ability(*words) for words in (("people:person:manage", "管理人员与权限", "manage people and roles"),)
    ),
    roles={},
)
