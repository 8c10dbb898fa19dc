"""For whom a model errs: rates of groups, their gaps and ratios, and what a threshold changes.

Takes truths, scores and group values; trains nothing and repairs nothing.
"""
