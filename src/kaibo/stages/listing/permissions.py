"""Who may do what in listing."""

from kaibo.plumbing.wiring import Ability

SEE = "listing:listing:see"
EDIT = "listing:listing:edit"
PUBLISH = "listing:listing:publish"
PRICE_CONFIRM = "listing:price:confirm"

ABILITIES = (
    Ability(SEE, "查看上架", "see listings"),
    Ability(EDIT, "编辑标题和价格", "edit titles and prices"),
    Ability(PUBLISH, "上架与下架", "publish and withdraw listings"),
    Ability(PRICE_CONFIRM, "作为第二人确认价格", "confirm prices as the second person"),
)
SCREENS = "compliance:text:screen"
ROLES = {
    "operations": (SEE, EDIT, PUBLISH, PRICE_CONFIRM, SCREENS),
    "selection": (SEE, EDIT, PRICE_CONFIRM, SCREENS),
    "compliance": (SEE,),
    "host": (SEE,),
    "control": (SEE,),
    "analyst": (SEE,),
}
"""Saving a title screens it, so those who edit may screen."""
