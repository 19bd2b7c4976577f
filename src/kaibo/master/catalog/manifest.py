"""What the shell may know of these nouns."""

from django.utils.translation import gettext_lazy as _

from kaibo.master.catalog.search import search
from kaibo.plumbing.wiring import Ability, Page, Stage

MANIFEST = Stage(
    key="catalog",
    search=search,
    pages=(Page(_("商品"), "catalog:list"),),
    abilities=tuple(
        Ability(*words)
        for words in (
            ("catalog:product:edit", "编辑商品", "edit goods"),
            ("catalog:alias:learn", "记住平台货号", "remember what a platform calls an item"),
            ("catalog:promise:set", "承诺发货时间（预售）", "promise when goods ship (pre-sale)"),
        )
    ),
    roles={
        "operations": ("catalog:product:edit", "catalog:alias:learn", "catalog:promise:set"),
        "selection": ("catalog:product:edit", "catalog:promise:set"),
        "warehouse": ("catalog:alias:learn",),
    },
)
