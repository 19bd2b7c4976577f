"""Who may do what in selection."""

from kaibo.plumbing.wiring import Ability

SEE = "selection:market:see"
RESEARCH = "selection:market:research"
EDIT = "selection:candidate:edit"
DECIDE = "selection:candidate:decide"
CONTACT = "selection:cooperation:contact"

ABILITIES = (
    Ability(SEE, "查看选品与市场", "see selection and markets"),
    Ability(RESEARCH, "导入竞品与评价、维护市场", "import competitors and reviews, keep markets"),
    Ability(EDIT, "编辑选品候选", "edit candidates"),
    Ability(DECIDE, "决定选品候选", "decide on candidates"),
    Ability(CONTACT, "查看合作方联系人（要写原因，有记录）", "see the contact of a cooperation (with a reason, recorded)"),
)
ROLES = {
    "selection": (SEE, RESEARCH, EDIT, DECIDE, CONTACT, "catalog:product:edit", "launches:launch:edit"),
    "analyst": (SEE, RESEARCH),
    "operations": (SEE, EDIT),
    "quality": (SEE,),
    "compliance": (SEE,),
    "host": (SEE,),
}
"""Approving makes a product and a launch, so those who decide may do these two as well."""
