"""
小红书千帆 / ARK (ark.xiaohongshu.com): orders, parcels, stock.

Not covered: pushes, whose signature rests on one source only.

So far its signatures alone stand here: there is no channel yet.   Source: facts/platforms §1.6.
"""
