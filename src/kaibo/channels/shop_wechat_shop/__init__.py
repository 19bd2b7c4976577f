"""
微信小店 / 视频号 (api.weixin.qq.com/channels/ec): orders, parcels, stock, callbacks. Calls carry a token and no signature.

So far its signatures alone stand here: there is no channel yet.   Source: facts/platforms §1.7.
"""
