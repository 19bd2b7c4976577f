"""
淘宝/天猫 through TOP (gw.api.taobao.com): orders, stock, parcels.

Not covered: TMC messages (a websocket), OAuth (the session key is typed in), refunds lists, reading stock back. Unproven,
and therefore a setting: how many calls a second are allowed.

Source: facts/platforms §1.2.
"""
