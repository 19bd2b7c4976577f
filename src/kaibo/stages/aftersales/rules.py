"""Severity, deadlines and the way of an after-sales case. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.money import yuan_text
from kaibo.kit.transitions import Transitions
from kaibo.stages.aftersales.deadlines import Hours, after_service_time, legal_refund_by


class Kind(StrEnum):
    """What the buyer asks for."""

    REFUND = "refund"
    RETURN = "return"
    EXCHANGE = "exchange"
    RESHIP = "reship"
    REPAIR = "repair"
    PRICE_PROTECT = "price_protect"
    COMPLAINT = "complaint"
    UNKNOWN = "unknown"
    """A platform's word we do not know: never a guess."""


class Nature(StrEnum):
    """What it is about."""

    NO_REASON = "no_reason"
    SIZE = "size"
    LOGISTICS = "logistics"
    WRONG_ITEM = "wrong_item"
    DAMAGE = "damage"
    NOT_AS_DESCRIBED = "not_as_described"
    QUALITY = "quality"
    SERVICE = "service"
    SAFETY = "safety"
    OTHER = "other"


class Impact(StrEnum):
    """How far it reaches."""

    ONE = "one"
    SEVERAL = "several"
    PUBLIC = "public"


class Severity(StrEnum):
    """轻微, 一般, 严重."""

    MINOR = "minor"
    GENERAL = "general"
    SERIOUS = "serious"


class State(StrEnum):
    """Where a case is."""

    REQUESTED = "requested"
    APPROVED_REFUND = "approved_refund"
    APPROVED_RETURN = "approved_return"
    BUYER_SHIPPED = "buyer_shipped"
    RECEIVED = "received"
    REFUNDING = "refunding"
    EXCHANGING = "exchanging"
    REPAIRING = "repairing"
    ARBITRATION = "arbitration"
    REJECTED = "rejected"
    REFUNDED = "refunded"
    EXCHANGED = "exchanged"
    REPAIRED = "repaired"
    BUYER_CANCELLED = "buyer_cancelled"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    """A platform opened it with a status we do not know; somebody looks there."""


STEPS: Transitions[State] = Transitions.of(
    {
        State.REQUESTED: {State.APPROVED_REFUND, State.APPROVED_RETURN, State.EXCHANGING, State.REJECTED, State.ARBITRATION, State.BUYER_CANCELLED},
        State.APPROVED_REFUND: {State.REFUNDING, State.REFUNDED, State.ARBITRATION, State.BUYER_CANCELLED},
        State.APPROVED_RETURN: {State.BUYER_SHIPPED, State.RECEIVED, State.ARBITRATION, State.BUYER_CANCELLED},
        State.BUYER_SHIPPED: {State.RECEIVED, State.ARBITRATION},
        State.RECEIVED: {State.REFUNDING, State.REFUNDED, State.EXCHANGING, State.REPAIRING, State.REJECTED, State.ARBITRATION},
        State.REFUNDING: {State.REFUNDED},
        State.EXCHANGING: {State.EXCHANGED, State.ARBITRATION, State.REQUESTED, State.RECEIVED},
        State.REPAIRING: {State.REPAIRED, State.RECEIVED, State.ARBITRATION},
        State.REJECTED: {State.REQUESTED, State.ARBITRATION, State.CLOSED},
        State.ARBITRATION: {State.APPROVED_REFUND, State.APPROVED_RETURN, State.EXCHANGING, State.REJECTED, State.BUYER_CANCELLED},
        State.REFUNDED: {State.CLOSED},
        State.EXCHANGED: {State.CLOSED},
        State.REPAIRED: {State.CLOSED},
        State.BUYER_CANCELLED: {State.CLOSED},
        State.UNKNOWN: {State.REQUESTED, State.APPROVED_REFUND, State.APPROVED_RETURN, State.REJECTED, State.ARBITRATION, State.BUYER_CANCELLED},
    }
)
"""Source: facts/platforms §5.1. From `exchanging` a replacement that could not be sent leads back to where it came from."""
SETTLED = frozenset({State.REFUNDED, State.EXCHANGED, State.REPAIRED, State.REJECTED, State.BUYER_CANCELLED})
"""What the buyer asked for is answered; what is left is to ask whether it was right (AFT-2)."""

IN_OUR_HANDS = frozenset({State.RECEIVED, State.REFUNDING, State.EXCHANGING, State.REPAIRING})
"""The goods came back (or need not): the law's seven days run."""
EXPECTS_GOODS = frozenset({State.APPROVED_RETURN, State.BUYER_SHIPPED})
"""Goods may come back; from a dropped replacement or a repair a case returns to `received` by other ways."""


def comes_after_its_money(state: State, kind: Kind, *, was_received: bool) -> bool:
    """This function will say whether goods are still awaited although the money went back: platforms refund a return at once."""
    return state is State.REFUNDED and kind is Kind.RETURN and not was_received


OWN_SERVICE = frozenset({State.RECEIVED, State.REFUNDING, State.REFUNDED, State.EXCHANGING, State.EXCHANGED, State.REPAIRED, State.CLOSED})
"""Steps that move money, goods or an order; they have services of their own and cannot be taken by hand."""

_NATURE_WEIGHT: Mapping[Nature, int] = {
    Nature.NO_REASON: 0, Nature.SIZE: 0, Nature.LOGISTICS: 0, Nature.OTHER: 0, Nature.WRONG_ITEM: 1, Nature.DAMAGE: 1,
    Nature.NOT_AS_DESCRIBED: 1, Nature.QUALITY: 1, Nature.SERVICE: 1, Nature.SAFETY: 2,
}  # fmt: skip
_IMPACT_WEIGHT: Mapping[Impact, int] = {Impact.ONE: 0, Impact.SEVERAL: 1, Impact.PUBLIC: 2}


def default_severity(nature: Nature, impact: Impact) -> Severity:
    """
    This function will give the severity of a nature and an impact where nobody changed the table.

    Danger to health is always serious; so is whatever is public.   Source: AFT-1.
    """
    weight = _NATURE_WEIGHT[nature] + _IMPACT_WEIGHT[impact]
    if weight >= 2:
        return Severity.SERIOUS
    return Severity.GENERAL if weight == 1 else Severity.MINOR


def severity_of(nature: Nature, impact: Impact, changed: Mapping[tuple[str, str], str]) -> Severity:
    """This function will give the severity in force: the table people changed, else the default."""
    return Severity(changed.get((nature.value, impact.value), default_severity(nature, impact).value))


def due_at(
    state: State, severity: Severity, *, opened_at: datetime, received_at: datetime | None, settled_at: datetime | None,
    next_contact_at: datetime | None, hours: Hours,
) -> datetime | None:
    """
    This function will give the moment the next step is due.

    After goods came back the law's seven days hold, whatever the severity; after a settlement the call-back; None when
    nothing is left. Serious cases run through the night, the others count hours of service.

    Source: AFT-1, AFT-5, 消费者权益保护法 art. 25.
    """
    if state is State.CLOSED:
        return None
    if state in SETTLED:
        return next_contact_at or after_service_time(settled_at or opened_at, hours.follow_up, hours.service)
    if state in IN_OUR_HANDS and received_at:
        return legal_refund_by(received_at, hours.refund_days, hours.service)
    if severity is Severity.SERIOUS:
        return opened_at + timedelta(hours=hours.serious)
    return after_service_time(opened_at, hours.for_severity(severity), hours.service)


class Level(StrEnum):
    """How far a case has gone (facts/platforms §5.1)."""

    AUTOMATIC = "L0"
    OURS = "L1"
    ON_ITS_WAY = "L2"
    DISPUTED = "L3"
    PUBLIC = "L4"


DISPUTE_BEFORE = timedelta(hours=6)


def level_of(state: State, impact: Impact, *, due: datetime | None, rejections: int, now: datetime) -> Level:
    """
    This function will say how far a case has gone: public risk outranks a dispute, a dispute (refused twice, the platform
    stepped in, or less than six hours left) outranks goods on their way; the rest waits for us, or runs by itself.

    Source: facts/platforms §5.1.
    """
    if impact is Impact.PUBLIC and state is not State.CLOSED:
        return Level.PUBLIC
    is_short = due is not None and due - now < DISPUTE_BEFORE and state not in SETTLED
    if state is State.ARBITRATION or (rejections >= 2 and state is not State.CLOSED) or is_short:
        return Level.DISPUTED
    if state is State.REFUNDING:
        return Level.AUTOMATIC
    if state in {State.APPROVED_RETURN, State.BUYER_SHIPPED, *IN_OUR_HANDS}:
        return Level.ON_ITS_WAY
    if state in {State.BUYER_CANCELLED, State.CLOSED}:
        return Level.AUTOMATIC
    return Level.OURS


class RefundBeyondPaid(Invalid):
    code = "aftersales.refund_beyond_paid"
    message_zh = "退款不能超过实付：这一行实付 {paid}，已退 {refunded}，还能退 {left}"
    message_en = "Not more than was paid: {paid} paid, {refunded} refunded, {left} left"


class BuyerNotSatisfied(Conflict):
    code = "aftersales.buyer_not_satisfied"
    message_zh = "还不能结案：最近一次回访不是“满意”"
    message_en = "Cannot be closed: the last call-back was not “satisfied”"


class RefundNotPositive(Invalid):
    code = "aftersales.refund_not_positive"
    message_zh = "退款金额要大于 0"
    message_en = "A refund must be above zero"


def check_refund(*, paid_fen: int, refunded_fen: int, amount_fen: int) -> None:
    """This function will refuse a refund that is nothing, or more than is left of what was paid.   Raises: RefundNotPositive, RefundBeyondPaid."""
    if amount_fen <= 0:
        raise RefundNotPositive
    if refunded_fen + amount_fen > paid_fen:
        left_fen = paid_fen - refunded_fen
        raise RefundBeyondPaid(
            paid_fen=paid_fen, refunded_fen=refunded_fen, left_fen=left_fen, paid=yuan_text(paid_fen), refunded=yuan_text(refunded_fen), left=yuan_text(left_fen)
        )


def may_close(state: State, *, last_contact: str) -> bool:
    """
    This function will say whether a case may be closed: settled, and the buyer said so. A buyer who withdrew need not
    be asked.   Source: AFT-2.
    """
    return state is State.BUYER_CANCELLED or (state in SETTLED and last_contact == "satisfied")


KIND_WORDS: Mapping[str, tuple[str, str]] = {
    Kind.REFUND: ("仅退款", "refund only"), Kind.RETURN: ("退货退款", "return and refund"), Kind.EXCHANGE: ("换货", "exchange"),
    Kind.RESHIP: ("补寄", "send again"), Kind.REPAIR: ("维修", "repair"), Kind.PRICE_PROTECT: ("价保", "price protection"),
    Kind.COMPLAINT: ("投诉", "complaint"), Kind.UNKNOWN: ("类型不认识", "unknown kind"),
}  # fmt: skip
CHOSEN_KINDS: Mapping[str, tuple[str, str]] = {kind: words for kind, words in KIND_WORDS.items() if kind is not Kind.UNKNOWN}
"""What a person may say a case is."""
NATURE_WORDS: Mapping[str, tuple[str, str]] = {
    Nature.NO_REASON: ("七天无理由", "no reason (7 days)"), Nature.SIZE: ("尺码不合", "wrong size"), Nature.LOGISTICS: ("物流", "logistics"),
    Nature.WRONG_ITEM: ("错发少发", "wrong or missing item"), Nature.DAMAGE: ("破损", "damaged"), Nature.NOT_AS_DESCRIBED: ("描述不符", "not as described"),
    Nature.QUALITY: ("质量问题", "quality"), Nature.SERVICE: ("服务态度", "service"), Nature.SAFETY: ("人身安全", "safety"), Nature.OTHER: ("其他", "other"),
}  # fmt: skip
IMPACT_WORDS: Mapping[str, tuple[str, str]] = {
    Impact.ONE: ("单个买家", "one buyer"), Impact.SEVERAL: ("多个买家", "several buyers"), Impact.PUBLIC: ("已公开传播", "public"),
}  # fmt: skip
SEVERITY_WORDS: Mapping[str, tuple[str, str]] = {
    Severity.MINOR: ("轻微", "minor"), Severity.GENERAL: ("一般", "general"), Severity.SERIOUS: ("严重", "serious"),
}  # fmt: skip
STATE_WORDS: Mapping[str, tuple[str, str]] = {
    State.REQUESTED: ("待处理", "to be decided"), State.APPROVED_REFUND: ("同意退款", "refund approved"), State.APPROVED_RETURN: ("待买家寄回", "return approved"),
    State.BUYER_SHIPPED: ("退货在途", "on its way back"), State.RECEIVED: ("已收到退货", "goods received"), State.REFUNDING: ("退款中", "refund under way"), State.EXCHANGING: ("换补中", "sending again"), State.REPAIRING: ("维修中", "being repaired"), State.REPAIRED: ("已修好寄回", "repaired"),
    State.ARBITRATION: ("平台介入", "arbitration"), State.REJECTED: ("已拒绝", "rejected"), State.REFUNDED: ("已退款", "refunded"),
    State.EXCHANGED: ("已换补", "sent again"), State.BUYER_CANCELLED: ("买家撤销", "withdrawn"), State.CLOSED: ("已结案", "closed"),
    State.UNKNOWN: ("平台状态不认识", "unknown status"),
}  # fmt: skip
NEXT_WORDS: Mapping[str, tuple[str, str]] = {
    State.REQUESTED: ("联系买家，给出方案", "contact the buyer and offer a solution"), State.APPROVED_REFUND: ("退款", "refund"),
    State.APPROVED_RETURN: ("等买家寄回", "wait for the goods"), State.BUYER_SHIPPED: ("收货验货", "receive and inspect"),
    State.RECEIVED: ("七日内退款", "refund within seven days"), State.REFUNDING: ("等支付渠道退到账", "wait for the channel"), State.EXCHANGING: ("等仓库发出", "wait for the warehouse"), State.REPAIRING: ("修好寄回", "repair and send back"), State.REPAIRED: ("回访买家", "call the buyer back"),
    State.ARBITRATION: ("提交举证", "hand in evidence"), State.REJECTED: ("回访买家", "call the buyer back"), State.REFUNDED: ("回访买家", "call the buyer back"),
    State.EXCHANGED: ("回访买家", "call the buyer back"), State.BUYER_CANCELLED: ("结案", "close"), State.CLOSED: ("—", "—"),
    State.UNKNOWN: ("到平台后台看这一单", "look at it on the platform"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Process:
    """What a level asks of the one who has the case: the steps in order, and words to begin with."""

    steps: tuple[tuple[str, str], ...]
    phrases: tuple[tuple[str, str], ...]


INJURED = ("您现在身体怎么样？请先去医院，费用我们先垫付。", "How are you now? Please see a doctor first, we advance the cost.")
"""Said to somebody who may be hurt, and to nobody whose coat has another colour."""

LEVELS: Mapping[Severity, Process] = {
    Severity.MINOR: Process(
        (("回应并致歉", "answer and apologise"), ("给出退、换、补的方案", "offer refund, exchange or replacement"), ("按方案执行", "carry it out"), ("回访是否满意", "ask whether it was right")),
        (("您好，给您添麻烦了，我马上帮您看。", "I'm sorry for the trouble; let me look at it right away."), ("这个情况我理解，您看换一件还是退款更方便？", "I understand. Would an exchange or a refund suit you better?")),
    ),
    Severity.GENERAL: Process(
        (("先安抚情绪，再问清事实", "feelings first, then the facts"), ("请买家提供照片或视频", "ask for pictures"), ("主管确认方案与补偿", "the lead confirms the solution"), ("按方案执行并告知进度", "carry it out and report"), ("次日回访，不满意继续跟", "call back the next day until satisfied")),
        (("换作是我也会着急，先跟您说声抱歉，这件事我来负责到底。", "I would be upset too. I'm sorry, and I will see this through."), ("麻烦您拍一下问题的地方，我好马上替您定方案。", "Please send a picture of the problem so that I can settle it at once.")),
    ),
    Severity.SERIOUS: Process(
        (("立即电话联系买家", "phone the buyer at once"), ("上报店长、品控，暂停同批次销售", "tell the owner and quality; stop selling the lot"), ("保全证据：批次、质检、聊天、录像", "keep the evidence: lot, inspection, chat, video"), ("书面方案，店长签字", "a written solution signed by the owner"), ("专人跟到底，每天回访", "one person sees it through and calls every day")),
        (INJURED, ("不管是哪里出的问题，您的损失由我们承担，先跟您说声对不起。", "Whatever went wrong, the loss is ours to bear. I am sorry."), ("这件事由店长亲自负责，我把他的电话给您，随时找得到人。", "The owner handles this in person; here is the number, somebody always answers.")),
    ),
}  # fmt: skip
"""Source: AFT-1, AFT-6. Never is a solution tied to deleting or changing a review (L3)."""


def phrases_for(process: Process, nature: Nature) -> tuple[tuple[str, str], ...]:
    """This function will give the words a level begins with, less those that belong to another kind of trouble.   Source: AFT-1, AFT-6."""
    return tuple(one for one in process.phrases if one[0] != INJURED[0] or nature is Nature.SAFETY)


_NATURE_HINTS: tuple[tuple[Nature, tuple[str, ...]], ...] = (
    (Nature.SAFETY, ("过敏", "受伤", "安全", "着火", "中毒", "划伤")),
    (Nature.WRONG_ITEM, ("错发", "少件", "漏发", "少发", "发错")),
    (Nature.DAMAGE, ("破损", "损坏", "污渍", "压坏")),
    (Nature.QUALITY, ("质量", "做工", "起球", "掉色", "开线", "瑕疵", "脱线", "材质")),
    (Nature.NOT_AS_DESCRIBED, ("描述不符", "与描述", "色差", "图片不符", "假冒", "与商品")),
    (Nature.SIZE, ("尺码", "大小", "尺寸", "偏大", "偏小", "不合身")),
    (Nature.LOGISTICS, ("物流", "未收到", "快递", "未发货", "不想等", "未按约定时间")),
    (Nature.NO_REASON, ("无理由", "不喜欢", "不想要", "拍错", "多拍", "效果不好", "协商一致")),
    (Nature.SERVICE, ("态度", "客服", "服务")),
)  # fmt: skip


def nature_of(reason: str) -> Nature:
    """This function will read what a case is about from a platform's reason; the graver of two wins."""
    for nature, hints in _NATURE_HINTS:
        if any(hint in reason for hint in hints):
            return nature
    return Nature.OTHER
