"""
Supply and quality 供应链与品控: suppliers, purchase orders, lots, inspections, goods-in, safety stock.

Source: SUP-1, SUP-3, SUP-5, SUP-7, SUP-10, SUP-12.
Facts in: none.   Facts out: `supply.lot_released`, `supply.safety_line_crossed`.
"""
