"""
Listing 上架: titles by formula, prices with a floor guard, publishing. For operations 运营.

Source: LST-2, LST-6.
Facts in: none.   Facts out: `listing.listing_published`.
"""
