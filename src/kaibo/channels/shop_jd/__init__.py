"""
京东 JOS (api.jd.com/routerjson): orders, refunds asked for before shipping, parcels, tokens.

Not covered: the new gateway that signs in headers, service orders after shipping (asc), unpaid orders, reading stock back.
Orders are listed by status: one in a status the account's settings do not name is seen only when asked for by its number.

Unproven, and therefore settings: numbers of couriers, what complaints say, which statuses are listed, how many calls a second
are allowed, the unit of an applied refund, where tokens are renewed. Setting stock rests on single sources: its method is a
setting and empty at first.   Source: facts/platforms §1.4.
"""
