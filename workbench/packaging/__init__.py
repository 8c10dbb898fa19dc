"""Packaging: a fitted pipeline becomes something that can be carried away.

Here: the ONNX form of a pipeline, the proof that it answers alike, model cards, bundles.
Not here: serving a bundle (serving), fitting (training).
"""
