"""
微信小店 / 视频号 (api.weixin.qq.com/channels/ec): orders, parcels, stock, callbacks. Calls carry a token and no signature.

Source: facts/platforms §1.7.
"""
