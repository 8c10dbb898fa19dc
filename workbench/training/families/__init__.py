"""One file per model family; each holds ``FAMILY``, which the registry opens by address."""
