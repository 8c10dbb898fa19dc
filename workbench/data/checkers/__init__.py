"""One file per way to check a contract."""
