"""
Lists (列表): every list of the console filters, sorts, pages, saves a view and exports to Excel (DESIGN §6).

A stage says what a list has as a `Table` (`spec.py`); `tables.page` reads the query string, which is the whole state,
and gives what the template draws, with a constant number of queries.
"""
