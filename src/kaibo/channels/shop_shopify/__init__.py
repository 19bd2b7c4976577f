"""
Shopify: orders by REST with cursors, webhooks.

So far its signatures alone stand here: there is no channel yet.   Source: facts/platforms §1.9.
"""
