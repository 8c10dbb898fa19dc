"""Widgets: parts of the app that live in a notebook's output, one Python class and one script each.

Here: anywidget, and what it shows of the objects that users hold. Not here: what is counted
(``data``), how it is worded and drawn (``views``), and the app's pages.
"""
