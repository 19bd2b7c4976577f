"""What the shell may know of these nouns."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Ability, Page, Stage

MANIFEST = Stage(
    key="shops",
    pages=(Page(_("店铺与渠道"), "shops:list"),),
    abilities=tuple(
        Ability(*words) for words in (("shops:shop:manage", "管理店铺与渠道", "manage shops and channels"),)
    ),
    roles={},
)
