"""快递100: asking where a parcel is, subscribing to it, and its pushes.   Source: facts/platforms §3."""
