"""
拼多多 / PDD (gw-api.pinduoduo.com): orders, after-sales, stock, parcels, tokens. Unpaid orders are never shown by the platform.

Not covered: PMC messages (a websocket), decrypting receivers (only inside its cloud), reading stock back. Numbers of couriers
are asked for by name, never written down here. Unproven, and therefore settings: how many calls a second are allowed, and the
status that asks for all after-sales.   Source: facts/platforms §1.3.
"""
