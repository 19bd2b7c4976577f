"""
TikTok Shop (open-api.tiktokglobalshop.com): orders, webhooks. Amounts are decimal text in the shop's currency.

So far its signatures alone stand here: there is no channel yet.   Source: facts/platforms §1.8.
"""
