"""
WeChat Pay 微信支付, API v3, of a merchant of its own (普通商户): H5 on a phone, Native (a QR picture) on a computer, JSAPI
inside WeChat's own browser once the official account's secret is set (without it a page opened there is told to go to the
phone's browser).

Documents: pay.weixin.qq.com/doc/v3/merchant – H5 支付, Native 支付, JSAPI 下单与调起支付, 支付成功通知, 退款申请, 申请交易账单, 签名验证;
developers.weixin.qq.com/doc/offiaccount – 网页授权 (snsapi_base: the buyer's openid, nothing else of the buyer).
Not covered: mini programs, service providers (服务商), coupons' own bills, automatic download of new platform certificates (the
present and the next one are given in the settings).
"""
