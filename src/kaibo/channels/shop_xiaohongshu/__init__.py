"""
小红书千帆 / ARK (ark.xiaohongshu.com): orders, after-sales, stock, parcels, tokens.

An order has no line numbers: a line is its item (sku). Not covered: pushes, whose signature rests on one source only (pulling
sees everything); decrypting receivers (the ciphertext is kept); stock of several warehouses. Unproven, and therefore settings:
which words mean throttled, token ended, bad signature; how many receivers one call may ask for.   Source: facts/platforms §1.6.
"""
