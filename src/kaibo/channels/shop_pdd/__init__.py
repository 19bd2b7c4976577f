"""
拼多多 / PDD (gw-api.pinduoduo.com): orders, stock, parcels. Unpaid orders are never shown by the platform.

Not covered: PMC messages (a websocket), OAuth (the token is typed in), decrypting receivers (only inside its cloud), refund
lists, reading stock back. Numbers of couriers are asked for, never written down here.

Its channel has not been tried against the simulator yet, and so is not offered (`config/shop_kinds.py`).   Source: facts/platforms §1.3.
"""
