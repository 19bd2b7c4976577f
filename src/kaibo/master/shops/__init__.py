"""Shops 店铺 and channels 渠道: where the company sells."""
