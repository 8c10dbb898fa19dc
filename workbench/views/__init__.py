"""Views: a report as charts, HTML and text; no toolkit, no script, no network.

Charts are Vega-Lite specifications (plain dicts) made from a report's own tables; ``html`` and
``text`` show the same numbers for notebooks, files and terminals. Nothing here computes on data.
"""
