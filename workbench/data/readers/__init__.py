"""One file per kind of source; each answers to :class:`workbench.data.reader.Reader`."""
