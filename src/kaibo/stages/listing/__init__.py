"""
Listing 上架: titles by formula, categories, pictures and detail pages, prices with a floor guard, publishing, trials and A/B tests. For operations 运营.

Source: LST-1 to LST-6, LST-9 to LST-12.
Facts in: none.   Facts out: `listing.listing_published`.
"""
