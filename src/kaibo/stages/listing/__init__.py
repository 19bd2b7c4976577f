"""
Listing 上架: titles by formula, prices with a floor guard, publishing.

Source: LST-2, LST-6.
Facts in: none.   Facts out: `listing.listing_published`.
"""
