"""Sphinx configuration."""

from workbench import __version__

project = "Workbench"
author = "The Workbench authors"
copyright = "The Workbench authors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = False

html_theme = "furo"
html_title = "Workbench"
html_static_path: list[str] = []
html_show_sphinx = False

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_mock_imports = ["pandas"]
