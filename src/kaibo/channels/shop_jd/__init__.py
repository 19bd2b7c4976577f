"""
京东 JOS (api.jd.com/routerjson): orders and parcels.

Not covered: the new gateway that signs in headers, after-sales. Setting stock rests on one source, so that its method is a
setting and empty at first.

So far its signatures alone stand here: there is no channel yet.   Source: facts/platforms §1.4.
"""
