"""
Alipay 支付宝, open platform, of a merchant of its own: phone pages (手机网站支付) and computer pages (电脑网站支付).

Documents: opendocs.alipay.com – alipay.trade.wap.pay, alipay.trade.page.pay, 异步通知, alipay.trade.query,
alipay.trade.refund, alipay.data.dataservice.bill.downloadurl.query, 签名与验签 (RSA2, 公钥模式与公钥证书模式).
Not covered: fetching a new certificate by itself (the present and the next one are given in the settings), encrypted contents (AES), fund vouchers, other currencies.
"""
