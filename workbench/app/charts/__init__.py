"""Pictures of report tables, in Bokeh or inline SVG; they draw numbers and make none."""
