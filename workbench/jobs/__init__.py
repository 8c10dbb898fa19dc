"""Jobs: actions carried out beside the shells, and the ledger of what happened.

Belongs here: the queue, processes, events, endpoints' records, the audit chain.
Does not: what an action does (``actions``), what was learned (``store``).
"""
