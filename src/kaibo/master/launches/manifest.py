"""What the shell may know of these nouns."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Ability, Page, Stage

MANIFEST = Stage(
    key="launches",
    pages=(Page(_("上新看板"), "launches:board"),),
    abilities=tuple(
        Ability(*words)
        for words in (
            ("launches:launch:edit", "编辑上新", "edit launches"),
            ("launches:override:ask", "申请闸门放行", "ask for a gate to be let through"),
            ("launches:override:confirm", "确认闸门放行", "confirm that a gate is let through"),
        )
    ),
    roles={
        "operations": ("launches:launch:edit", "launches:override:ask", "launches:override:confirm"),
        "selection": ("launches:launch:edit", "launches:override:ask"),
        "quality": ("launches:override:ask",),
        "compliance": ("launches:override:ask", "launches:override:confirm"),
        "control": ("launches:override:ask",),
    },
)
