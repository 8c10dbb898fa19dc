"""Training: a recipe and a frame become a fitted pipeline with a signature.

Here: model families, the preparation of columns, fitting, the predictor, and keeping a pipeline on
disk without pickle. Not here: judging a model (evaluation), tuning it, exporting it (packaging).
"""
