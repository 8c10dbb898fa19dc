"""The store: what a workspace keeps on disk, and the only place that writes it.

``datasets`` keeps tables, ``mlflow`` keeps what was learned. Nothing here computes on data.
"""
