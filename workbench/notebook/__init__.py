"""Notebook: what a notebook has beside the objects: magics, and the app in a frame.

Here: IPython, and how a line becomes a call. Not here: what is called (``objects``,
``workspace``), and widgets (``widgets``).
"""
