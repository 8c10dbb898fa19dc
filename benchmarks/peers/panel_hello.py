"""The smallest Panel app."""

import panel as pn

pn.extension()
pn.pane.Markdown("hello").servable()
