"""
Outside systems, one identical folder each. What looks different in two channels really is different.

A payment channel `pay_<key>` has these files and no others that anybody outside may import:

| file | holds |
|---|---|
| `__init__.py` | docstring: which company, which of its products, its documents, what is not covered |
| `signing.py` | its signatures, both ways. Pure: bytes and keys in, bytes or a refusal out; tested with the company's own vectors |
| `bill.py` | its bill file: `read(content) -> list[BillLine]`. Pure |
| `channel.py` | `Settings` (frozen, what the merchant got from the company) and `Channel`, which is a `kit.payments.PayChannel` |

Three modules stand beside the folders and belong to no company: `rsa.py` (RSA-SHA256 signatures and keys), `calling.py` (one
bounded call over HTTP) and `yuan.py` (yuan with decimals and Shanghai's clock into fen and UTC).

`config/paying.py` reads the settings and hands the finished channels to the room (`Parts.channels`) and to the back of
house (`plumbing.payments`). Nobody else builds a channel, and no channel knows the room, Django or another channel.
Rules every channel keeps, proven for all of them by `tests/channels/test_pay_contract.py` (add the new one to `CHANNELS`
there with a maker of genuine notices):

* `read_notice` refuses what is not signed, signed by somebody else, changed by one byte, or older than five minutes.
* amounts are integer fen on our side, whatever the company writes; moments are UTC and aware.
* the same `open` or `refund` twice is once; time-outs raise `ChannelAway`, a no raises `ChannelRefused` with its words.
* no secret and no personal datum in an exception, a log line or a `repr`.

Two more parts a channel may have: `pages.py` with `routes` of a page of its own (the sandbox's wallet), and a store
(`wallet.py`), only where we are the outside system ourselves.
"""
