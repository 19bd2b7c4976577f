"""
Behaviour events on disk: what viewers of a room did, kept for good and read as figures (DESIGN §2, INS-1).

`schema` says what an event is, `segments` how it lies in the journal, `append` how it gets there durably, `sealing`
how a journal becomes Parquet, `reading` what the figures are. Nothing here knows Django or a stage.
"""
