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
STREAM_SWITCH = "live:stream:switch"
PROMPTER_ANSWER = "live:prompter:answer"
FIGURES_TELL = "live:figures:tell"
PLAYBOOK_RUN = "live:playbook:run"
PLAYBOOK_TICK = "live:playbook:tick"
PLAYBOOK_EDIT = "live:playbook:edit"
TALK_MODERATE = "live:talk:moderate"
TALK_BLOCK = "live:talk:block"
TALK_ANSWER = "live:talk:answer"
POLL_RUN = "live:poll:run"
REPLY_WRITE = "live:reply:write"
REPLY_APPROVE = "live:reply:approve"
SPEECH_SEND = "live:speech:send"
SPEECH_ACKNOWLEDGE = "live:speech:acknowledge"
DRAW_RUN = "live:draw:run"
COUPON_ISSUE = "live:coupon:issue"
DRAW_WITNESS = "live:draw:witness"

ABILITIES = (
    Ability(DESK_SEE, "查看中控台与提词器", "see the control desk and the prompter"),
    Ability(SESSION_START, "开播", "start a session"),
    Ability(SESSION_END, "下播", "end a session"),
    Ability(RUNDOWN_STEER, "切换商品与重排流程", "go on in the run of show and re-plan it"),
    Ability(ITEM_STEER, "上下架、追加配额、开秒杀", "put items up and down, extend them, open flash sales"),
    Ability(PRICE_CHANGE, "直播改价", "change prices live"),
    Ability(PRICE_CONFIRM, "确认异常价格", "confirm an unusual price as the second person"),
    Ability(NOTICE_POST, "发公告与提词", "post notices and prompts"),
    Ability(STREAM_SWITCH, "切换主备直播流", "switch between the main and the backup stream"),
    Ability(PROMPTER_ANSWER, "在提词器上回执、记卖点", "answer on the prompter and note repeated points"),
    Ability(FIGURES_TELL, "录入其他平台的实时数据", "tell the figures of sessions on other platforms"),
    Ability(PLAYBOOK_RUN, "启动与结束应急预案、演练", "start and end playbooks and drills"),
    Ability(PLAYBOOK_TICK, "勾选应急步骤", "tick steps of a running playbook"),
    Ability(PLAYBOOK_EDIT, "编写应急预案", "write playbooks"),
    Ability(TALK_MODERATE, "审核、删除、置顶消息，禁言观众", "decide on, remove and pin messages, mute viewers"),
    Ability(TALK_BLOCK, "把观众加入店铺黑名单", "put viewers on the shop's blocklist"),
    Ability(TALK_ANSWER, "回答观众、以店铺身份发言", "answer viewers and speak for the shop"),
    Ability(POLL_RUN, "发起与结束投票", "open and close polls"),
    Ability(REPLY_WRITE, "编写快捷与关键词回复", "write quick and keyword replies"),
    Ability(REPLY_APPROVE, "批准快捷与关键词回复", "approve quick and keyword replies"),
    Ability(SPEECH_SEND, "送入主播语音转写", "send the host's words from a speech recogniser"),
    Ability(SPEECH_ACKNOWLEDGE, "确认口播违禁提醒", "acknowledge hits in the host's words"),
    Ability(COUPON_ISSUE, "发放与停发优惠券", "issue and withdraw coupons"),
    Ability(DRAW_RUN, "写抽奖规则、开始与作废抽奖", "write, start and void draws"),
    Ability(DRAW_WITNESS, "当抽奖见证人", "be a witness of a draw"),
)
_ANSWER = (PROMPTER_ANSWER, PLAYBOOK_TICK)
_TALK = (TALK_MODERATE, TALK_ANSWER, POLL_RUN, REPLY_WRITE, SPEECH_ACKNOWLEDGE)
_CONTROL = (
    COUPON_ISSUE, DRAW_RUN, DRAW_WITNESS, DESK_SEE, SESSION_START, SESSION_END, RUNDOWN_STEER, ITEM_STEER, PRICE_CHANGE, NOTICE_POST, STREAM_SWITCH, FIGURES_TELL, PLAYBOOK_RUN, *_ANSWER,
    *_TALK, TALK_BLOCK, SPEECH_SEND,
)  # fmt: skip
ROLES: Mapping[str, tuple[str, ...]] = {
    "control": _CONTROL,
    "operations": (*_CONTROL, PRICE_CONFIRM, PLAYBOOK_EDIT, REPLY_APPROVE),
    "compliance": (DESK_SEE, DRAW_WITNESS, PRICE_CONFIRM, TALK_MODERATE, TALK_BLOCK, REPLY_APPROVE, SPEECH_ACKNOWLEDGE),
    "host": (DESK_SEE, DRAW_WITNESS, *_ANSWER, TALK_ANSWER, SPEECH_ACKNOWLEDGE),
    "technician": (DESK_SEE, DRAW_WITNESS, STREAM_SWITCH, PLAYBOOK_RUN, PLAYBOOK_TICK, SPEECH_SEND),
    "service": (DESK_SEE, DRAW_WITNESS, NOTICE_POST, PLAYBOOK_TICK, *_TALK),
    "analyst": (DESK_SEE, DRAW_WITNESS, FIGURES_TELL),
    "selection": (DESK_SEE, DRAW_WITNESS),
}
