"""Who may do what at the desk."""

from __future__ import annotations

from collections.abc import Mapping

from kaibo.plumbing.wiring import Ability

DESK_SEE = "live:desk:see"
SESSION_START = "live:session:start"
SESSION_END = "live:session:end"
RUNDOWN_STEER = "live:rundown:steer"
ITEM_STEER = "live:item:steer"
PRICE_CHANGE = "live:price:change"
PRICE_CONFIRM = "live:price:confirm"
NOTICE_POST = "live:notice:post"

ABILITIES = (
    Ability(DESK_SEE, "查看中控台与提词器", "see the control desk and the prompter"),
    Ability(SESSION_START, "开播", "start a session"),
    Ability(SESSION_END, "下播", "end a session"),
    Ability(RUNDOWN_STEER, "切换商品与重排流程", "go on in the run of show and re-plan it"),
    Ability(ITEM_STEER, "上下架、追加配额、开秒杀", "put items up and down, extend them, open flash sales"),
    Ability(PRICE_CHANGE, "直播改价", "change prices live"),
    Ability(PRICE_CONFIRM, "确认异常价格", "confirm an unusual price as the second person"),
    Ability(NOTICE_POST, "发公告与提词", "post notices and prompts"),
)
_CONTROL = (DESK_SEE, SESSION_START, SESSION_END, RUNDOWN_STEER, ITEM_STEER, PRICE_CHANGE, NOTICE_POST)
ROLES: Mapping[str, tuple[str, ...]] = {
    "control": _CONTROL,
    "operations": (*_CONTROL, PRICE_CONFIRM),
    "compliance": (DESK_SEE, PRICE_CONFIRM),
    "host": (DESK_SEE,),
    "technician": (DESK_SEE,),
    "service": (DESK_SEE, NOTICE_POST),
    "analyst": (DESK_SEE,),
    "selection": (DESK_SEE,),
}
