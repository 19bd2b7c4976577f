"""
TikTok Shop (open-api.tiktokglobalshop.com): orders, returns and cancellations, stock, parcels, webhooks, tokens.

Every unit is a line of its own there: all units of an item are one line here. Amounts are decimal text in the shop's currency:
read exactly and told with it; whoever keeps books in CNY refuses others by name. Receivers are masked. Not covered: parcels the
platform's own couriers fetch, splitting and combining packages, analytics. Unproven, and therefore settings: the address of the
authorisation, how many calls a second. Couriers are the platform's own ids.   Source: facts/platforms §1.8.
"""
