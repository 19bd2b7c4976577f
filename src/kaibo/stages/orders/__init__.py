"""
Orders and logistics 订单与物流: claims become orders, platform exports, five-field verification, shipping.

Source: ORD-1, ORD-2, ORD-3, ORD-4, ORD-7.
Facts in: none.   Facts out: `orders.order_recorded`, `orders.order_shipped`.
"""
