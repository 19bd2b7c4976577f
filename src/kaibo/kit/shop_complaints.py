"""What goes wrong between Kaibo and a shop platform, by kind: what to do about it follows from the kind. Pure."""

from kaibo.kit.errors import Conflict, Forbidden, Invalid, TooMany, Unavailable


class ShopThrottled(TooMany):
    """Too many calls: `retry_after_seconds` says when to come back."""

    code = "channels.throttled"
    message_zh = "{channel}限流了，{retry_after_seconds} 秒后再试"
    message_en = "{channel} asks for fewer calls; again in {retry_after_seconds} s"


class ShopTokenExpired(Conflict):
    """The token has ended or was taken back."""

    code = "channels.token_expired"
    message_zh = "{channel}的授权已失效，需要重新授权：{why}"
    message_en = "The authorisation of {channel} has ended, authorise again: {why}"


class ShopSignatureRefused(Conflict):
    """The platform does not accept our signature: a wrong secret, or a clock that is off."""

    code = "channels.signature_refused"
    message_zh = "{channel}不接受签名，请核对密钥和本机时间：{why}"
    message_en = "{channel} does not accept the signature; check secret and clock: {why}"


class ShopRefused(Conflict):
    """The platform said no, with its own words; the same call again will be refused again."""

    code = "channels.refused"
    message_zh = "{channel}拒绝了：{why}"
    message_en = "{channel} refused: {why}"


class ShopAway(Unavailable):
    """The platform did not answer or broke; the same call may be repeated."""

    code = "channels.away"
    message_zh = "{channel}暂时没有回应，请稍后再试"
    message_en = "{channel} does not answer right now; try again shortly"


class ShopUnreadable(Invalid):
    """The platform answered something that is not what it promised."""

    code = "channels.unreadable"
    message_zh = "{channel}的回答读不懂：{why}"
    message_en = "An answer of {channel} cannot be read: {why}"


class ShopCannot(Invalid):
    """This platform does not offer that, or its way of doing it is not proven."""

    code = "channels.cannot"
    message_zh = "{channel}不支持：{what}"
    message_en = "{channel} cannot: {what}"


class ShopSettingWrong(Invalid):
    code = "channels.setting_wrong"
    message_zh = "账号设置“{name}”不对：{wanted}"
    message_en = "The account setting “{name}” is wrong: {wanted}"


class PushForged(Forbidden):
    """The signature of a push is wrong, missing or too old: nothing was done."""

    code = "channels.push_forged"
    message_zh = "推送的签名不对：{why}"
    message_en = "The signature of the push is wrong: {why}"


class PushUnreadable(Invalid):
    code = "channels.push_unreadable"
    message_zh = "推送读不懂：{why}"
    message_en = "The push cannot be read: {why}"
