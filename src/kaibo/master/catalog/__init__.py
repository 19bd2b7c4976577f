"""Goods 商品: products (SPU), items (SKU), categories, bundles, and the codes platforms call them by."""
