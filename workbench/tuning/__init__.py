"""Tuning: which family with which parameters, within a budget of attempts and time."""
