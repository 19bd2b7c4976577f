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

A shop channel `shop_<key>` (a shop on a platform) has these, and no others that anybody outside may import:

| file | holds |
|---|---|
| `__init__.py` | docstring: which platform, its documents, what is not covered, what is unproven and therefore a setting |
| `signing.py` | its signatures, both ways. Pure; every published vector is a test |
| `reading.py` | its JSON → `PlatformOrder`, `PlatformCase`; `state_of`, `holds_of`. The platform's word stays verbatim. Pure |
| `push.py` | where the platform pushes: a genuine push → `Hint`s, and the words it wants to hear |
| `channel.py` | `Settings`, `Channel` (a `kit.shop_channels.ShopChannel`) and `KIND`: what it can do, what an account must say |

Beside them: `asking.py` (paced, bounded calls; what may be asked twice is), `raw.py` and `reading_pages.py` (values and rows
of JSON), `signed_forms.py` (calls that are one signed form), `complaint_words.py` and `courier_numbers.py` (what is told apart by
settings, since nobody proves it), `typed_tokens.py`, `shipping_once.py` and `pages_backwards.py`. `config/shop_kinds.py` lists the kinds; the back of house knows them by key alone (`plumbing.shop_kinds`). Rules
every shop channel keeps, proven against the simulator (`tests/channels/shop_contract.py`; a platform's own file there says what it is):

* all orders of a window arrive, to the fen, while they change under the reader and calls fail; pages that could shift are
  read from the last to the first; both ends of windows are ours, the first reaches back by the overlap.
* where each order is a call of its own, what `can_spare` knows is not asked for (`kit.shop_channels.ReadsOneByOne`).
* an answer without its list or total is unreadable, never an empty list.
* a status nobody documented is `UNKNOWN`; a row that cannot be read is told by its number, never dropped.
* a push proves itself by its signature and is a hint: what happened is asked for.
* stock is set absolutely where the platform allows and read back; a parcel told twice is one parcel.
* complaints are of one kind each: throttled, token ended, bad signature, refused, away, unreadable.
* what the facts mark weak or unknown is a named setting (`Capabilities.unverified`), shown as such.

Two more parts a channel may have: `pages.py` with `routes` of a page of its own (the sandbox's wallet, WeChat's pay page), and a store
(`wallet.py`), only where we are the outside system ourselves.
"""
