"""How good a model is on rows it has not seen, and whether another one is better.

Takes truths and scores; gives reports. Metrics themselves live in :mod:`workbench.measures`.
"""
