"""
Members 用户运营: RFM segments with consent, opt-out and a frequency cap.

Source: MEM-1, MEM-3.
Facts in: `orders.order_recorded`.   Facts out: none.
"""
