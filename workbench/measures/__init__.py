"""Numbers that many rooms share: metrics, their intervals, curves, and how they are written.

Numpy on class numbers and scores; no frames, no models, no reports.
"""
