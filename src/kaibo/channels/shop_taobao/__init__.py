"""
淘宝/天猫 through TOP (gw.api.taobao.com): orders, stock, parcels.

Not covered: TMC messages (a websocket), OAuth (the session key is typed in), refunds lists, reading stock back. Unproven,
and therefore settings: how long a window may be, how many calls a second.

So far its signatures alone stand here: there is no channel yet.   Source: facts/platforms §1.2.
"""
