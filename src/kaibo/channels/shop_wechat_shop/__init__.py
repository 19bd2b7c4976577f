"""
微信小店 / 视频号 (api.weixin.qq.com/channels/ec): orders, after-sales, stock, parcels, callbacks. Calls carry a token and no signature.

Callbacks are taken in safe mode 安全模式 only: without encryption their signature does not cover what they say. An order has no
line numbers: a line is its item (sku). Not covered: decoding receivers (the mask is kept), virtual numbers, regional stock, live
figures. Unproven, and therefore settings: which error numbers mean throttled, token ended, wrong secret, busy; the numbers of
couriers are the platform's own list and typed by people.   Source: facts/platforms §1.7.
"""
