"""
快手小店 (openapi.kwaixiaodian.com): orders, parcels, pushes.

Not covered: stock (the platform takes differences only and has no proven way to read them back), courier numbers (asked
for), throttle words (a setting).

So far its signatures alone stand here: there is no channel yet.   Source: facts/platforms §1.5.
"""
