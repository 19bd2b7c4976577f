"""快递鸟: asking where a parcel is.   Source: facts/platforms §3."""
