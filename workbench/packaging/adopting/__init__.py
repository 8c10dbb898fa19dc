"""Models that were made elsewhere: what their files take and give, and how they are fitted in."""
