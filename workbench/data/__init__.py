"""The data room: from a source to a typed table, what its columns mean, and which rows do what.

It reads (``read``), infers (``schema``), describes (``profile``), splits (``split``) and knows the
public data sets (``catalogue``). It keeps nothing: snapshots belong to the store.
"""
