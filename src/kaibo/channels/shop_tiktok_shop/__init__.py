"""
TikTok Shop (open-api.tiktokglobalshop.com): orders, webhooks. Amounts are decimal text in the shop's currency.

Source: facts/platforms §1.8.
"""
