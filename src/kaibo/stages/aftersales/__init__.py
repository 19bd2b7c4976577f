"""
After-sales and service 售后与客服: cases with severity, owner and deadline.

Source: AFT-1, AFT-2, AFT-5, AFT-6.
Facts in: `orders.order_shipped`.   Facts out: `aftersales.case_closed`.
"""
