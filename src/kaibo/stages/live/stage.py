"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.live.coupon_queries import coupon_differences
from kaibo.stages.live.exports import DESK_LOG_EXPORT
from kaibo.stages.live.gates import gate
from kaibo.stages.live.imports import FIGURES_IMPORT
from kaibo.stages.live.permissions import ABILITIES, DESK_SEE, ROLES
from kaibo.stages.live.queries import differences
from kaibo.stages.live.search import search
from kaibo.stages.live.talk_exports import SPEECH_EXPORT
from kaibo.stages.live.talk_queries import poll_differences
from kaibo.stages.live.today import badge, today

STAGE = Stage(
    key="live",
    pages=(Page(_("中控台"), "live:desks", ability=DESK_SEE), Page(_("应急预案"), "live:playbooks", ability=DESK_SEE), Page(_("公屏回复"), "live:replies", ability=DESK_SEE)),
    abilities=ABILITIES,
    roles=ROLES,
    gate=gate,
    search=search,
    today=today,
    badge=badge,
    imports=(FIGURES_IMPORT,),
    exports=(DESK_LOG_EXPORT, SPEECH_EXPORT),
    thresholds=(
        Threshold("live.price_deviation_bp", 3000, "bp", "直播改价偏离挂牌价多少要第二人确认", "deviation from the published price that needs a second person", "CMP-8"),
        Threshold("live.keep_stream_days", 30, "days", "直播间事件流保留多久，断线的观众能补到", "how long events of the stream are kept for readers who come back", "LIV-9"),
        Threshold("live.keep_refused_claims_days", 30, "days", "没抢到的记录保留多久", "how long refused claims are kept", "LIV-11"),
        Threshold("live.keep_talk_days", 1096, "days", "聊天与已处理的举报保留多久（法规要求不少于三年）", "how long chat and settled reports are kept; the law asks for three years", "facts/law L2"),
        Threshold("live.low_left_bp", 2000, "bp", "库存剩多少建议追加配额", "share of units left that suggests extending", "LIV-7"),
        Threshold("live.overrun_minutes", 2, "minutes", "讲解超时多少提醒", "overrun of a segment that is pointed out", "LIV-1"),
        Threshold("live.behind_bp", 1500, "bp", "成交额偏离计划多少提醒", "deviation of sales from the plan that is pointed out", "LIV-7"),
        Threshold("live.chat_keep_days", 1095, "days", "观众发言保留多少天，过后抹去内容与昵称", "days after which what viewers said is erased", "直播电商监督管理办法：互动内容保存不少于三年"),
        Threshold("live.repeat_minutes", 4, "minutes", "核心卖点多久没说就提醒主播", "a selling point not said for so long is due again", "SEL-10"),
    ),
    check=lambda: [*differences(), *poll_differences(), *coupon_differences()],
)  # fmt: skip
