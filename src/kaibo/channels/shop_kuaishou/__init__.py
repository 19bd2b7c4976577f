"""
快手小店 (openapi.kwaixiaodian.com): orders, after-sales, parcels, pushes, tokens. An order holds one item.

Not covered: stock (the platform takes differences only and has no proven way to read them back), sending parts, gifts that
ride along (subOrderInfo), deadlines of cases.

Unproven, and therefore settings: what complaints say, whether `totalFee` is what was paid, the type that asks for all cases,
couriers' numbers, what a push wants to hear, how many calls a second are allowed.   Source: facts/platforms §1.5.
"""
