"""Serving: a bundle answers over HTTP, and what it answered can be read again.

``runtime`` is the server, which travels with a bundle and needs no tables, no trainers and no
store; ``launch`` starts and ends it on this machine; ``predictions`` reads its log.

Not here: making bundles (packaging), judging what was answered (monitoring).
"""
