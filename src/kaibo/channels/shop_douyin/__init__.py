"""
抖店 / Doudian (抖音电商 open platform, openapi-fxg.jinritemai.com): orders, stock, parcels, after-sales, pushes, tokens.

Not covered: SPI calls, decrypting receivers (the ciphertext is kept as it is), regional stock (sku_type 1), live figures
(the platform has no seller interface for them: files). Unproven, and therefore settings: which words mean that calls are
throttled, that the token ended, that the signature is wrong.   Source: facts/platforms §1.1.
"""
