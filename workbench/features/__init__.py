"""Features: columns made from columns, inside the pipeline, so that they leave with the model.

Here: what can be made from an encoded row, fitted on the training rows without a look at the rows
that judge. Not here: cleaning that changes the table itself, and what a family does to every column
that it gets (scaling, codes): that is ``training.steps``.
"""
