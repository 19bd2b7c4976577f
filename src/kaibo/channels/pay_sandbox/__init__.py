"""
The sandbox wallet 沙盒钱包: a payment company of our own for trying things out, never in production.

It behaves like a real one: the buyer pays on its page, it keeps its own book of trades (schema `pay_sandbox`), calls the
merchant's notify address over HTTP with a signature, repeats until it is heard, gives refunds and writes a daily bill.
"""
