"""What the shell may know of these nouns."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Ability, Page, Stage

MANIFEST = Stage(
    key="stock",
    pages=(Page(_("库存"), "stock:list", ability="stock:stock:see"),),
    abilities=tuple(
        Ability(*words)
        for words in (
            ("stock:stock:see", "查看库存", "see stock"),
            ("stock:stock:adjust", "盘点调整", "book stocktaking differences"),
        )
    ),
    roles={
        "warehouse": ("stock:stock:see", "stock:stock:adjust"),
        "operations": ("stock:stock:see",),
        "control": ("stock:stock:see",),
        "quality": ("stock:stock:see",),
        "selection": ("stock:stock:see",),
        "analyst": ("stock:stock:see",),
    },
)
