"""
WeChat Pay 微信支付, API v3, of a merchant of its own (普通商户): H5 on a phone, Native (a QR picture) on a computer.

Documents: pay.weixin.qq.com/doc/v3/merchant – H5 支付, Native 支付, 支付成功通知, 退款申请, 申请交易账单, 签名验证.
Not covered: JSAPI and mini programs (they need WeChat's login, so a page opened inside WeChat is told to go to the
phone's browser), service providers (服务商), coupons' own bills, automatic download of new platform certificates (the
present and the next one are given in the settings).
"""
