"""Numbers that many rooms share: metrics, their intervals, and curves.

Pure numpy on class numbers and scores; no frames, no models, no text for people.
"""
