"""Whether what a model is asked now still looks like what it was trained on."""
