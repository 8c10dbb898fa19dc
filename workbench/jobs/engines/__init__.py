"""One file per way to carry out a job."""
