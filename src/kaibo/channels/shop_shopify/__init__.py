"""
Shopify: orders by REST with cursors, webhooks.   So far its signatures stand here; the channel is not built yet.   Source: facts/platforms §1.9.
"""
