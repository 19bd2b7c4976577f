"""
Shopify (a shop's own admin API, REST with cursors): orders, refunds, stock of one location, fulfilments, webhooks.

Amounts are decimal text in the shop's currency: read exactly and told with it; whoever keeps books in CNY refuses others by name.
A Shopify order knows refunds, not requests for them. Not covered: GraphQL (REST is legacy since 2024-10 and still answers),
orders older than the app may see, editing orders, several locations. The token does not end; typed in once. Unproven, and
therefore a setting: the version of the API.   Source: facts/platforms §1.9.
"""
