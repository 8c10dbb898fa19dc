"""The look: one set of tokens for Material UI, Bokeh and our own HTML."""

from __future__ import annotations

from typing import Any

from bokeh.plotting import figure as bokeh_figure

from workbench.views.theme import DARK, FONT, LIGHT, QUIET, SERIES, TEAL


def colour(index: int) -> str:
    """The colour of the series with this number; one number stays with one run everywhere."""
    return SERIES[index % len(SERIES)]


def _material(t: dict[str, str]) -> dict[str, Any]:
    flat = {"backgroundColor": t["card"], "backgroundImage": "none"}
    return {
        "palette": {
            "primary": {"main": t["accent"]},
            "secondary": {"main": TEAL},
            "success": {"main": t["good"]},
            "warning": {"main": t["warn"]},
            "error": {"main": t["bad"]},
            "background": {"default": t["ground"], "paper": t["card"]},
            "divider": t["line"],
            "text": {"primary": t["text"], "secondary": t["quiet"]},
        },
        "typography": {
            "fontFamily": FONT,
            "body1": {"fontSize": "0.875rem"},
            "button": {"textTransform": "none", "fontWeight": 600},
        },
        "shape": {"borderRadius": 10},
        "components": {
            "MuiAppBar": {
                "styleOverrides": {
                    "root": {
                        **flat,
                        "color": t["text"],
                        "boxShadow": "none",
                        "borderBottom": f"1px solid {t['line']}",
                    }
                }
            },
            "MuiDrawer": {
                "styleOverrides": {"paper": {**flat, "borderRight": f"1px solid {t['line']}"}}
            },
            "MuiPaper": {"styleOverrides": {"root": {"backgroundImage": "none"}}},
            "MuiInputBase": {"styleOverrides": {"root": {"fontSize": "0.875rem"}}},
            "MuiFormLabel": {"styleOverrides": {"root": {"fontSize": "0.875rem"}}},
            "MuiMenuItem": {"styleOverrides": {"root": {"fontSize": "0.875rem"}}},
            "MuiButton": {"defaultProps": {"disableElevation": True}},
            "MuiListItemButton": {
                "styleOverrides": {
                    "root": {
                        "borderRadius": 8,
                        "margin": "2px 8px",
                        "width": "calc(100% - 16px)",
                    }
                }
            },
        },
    }


MATERIAL = {"light": _material(LIGHT), "dark": _material(DARK)}

# Document CSS: fonts and variables only, since the page itself lives in a shadow root.
PAGE_CSS = """
@font-face { font-family: 'Inter Variable'; src: url('assets/inter-latin-wght-normal.woff2')
  format('woff2'); font-weight: 100 900; font-display: swap; }
:root { --bokeh-base-font: 'Inter Variable', Inter, Roboto, system-ui, sans-serif; }
html { background: var(--mui-palette-background-default); }
"""

# The same reaches into the shadow root of the page.
PAGE_SX = {
    "& main.main": {"backgroundColor": "background.default", "overflowY": "auto"},
    "& .title": {
        "color": "text.primary",
        "fontSize": "1.02rem",
        "fontWeight": 700,
        "letterSpacing": "-0.01em",
    },
    "& .MuiToolbar-root": {"minHeight": "52px !important"},
}

# Our own HTML inside panes.
CSS = """
:host { font-family: 'Inter Variable', Inter, Roboto, system-ui, sans-serif;
  color: var(--mui-palette-text-primary); font-size: 14px; line-height: 1.5;
  font-feature-settings: 'cv05', 'ss03'; }
* { box-sizing: border-box; }
p { overflow-wrap: anywhere; }
h1, h2, h3, p, dl, dd, dt, ul, figure { margin: 0; padding: 0; }
h1 { font-size: 1.55rem; line-height: 1.25; font-weight: 680; letter-spacing: -.02em; }
h2 { font-size: .98rem; line-height: 1.35; font-weight: 620; letter-spacing: -.01em; }
h3 { font-size: .875rem; font-weight: 620; }
.quiet { color: var(--mui-palette-text-secondary); }
.small { font-size: 12.5px; line-height: 1.45; }
.num { font-variant-numeric: tabular-nums; }
.good { color: var(--mui-palette-success-main); }
.warn { color: var(--mui-palette-warning-main); }
.bad { color: var(--mui-palette-error-main); }
.lead { font-size: 1.02rem; line-height: 1.5; font-weight: 520; letter-spacing: -.005em; }
code, pre { font-family: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace;
  font-size: 12.5px; }
pre { margin: 0; padding: 12px 14px; border-radius: 10px; overflow: auto; white-space: pre;
  background: var(--mui-palette-background-default);
  border: 1px solid var(--mui-palette-divider); }
a { color: var(--mui-palette-primary-main); }
:focus-visible { outline: 2px solid var(--mui-palette-primary-main); outline-offset: 2px;
  border-radius: 4px; }
"""


def figure(**options: Any) -> Any:
    """A Bokeh figure without frames: quiet grid, no tools, full width."""
    settings = {
        "sizing_mode": "stretch_width",
        "height": 300,
        "toolbar_location": None,
        "tools": "",
        "min_border": 4,
        "background_fill_alpha": 0,
        "border_fill_alpha": 0,
        **options,
    }
    drawn = bokeh_figure(**settings)
    drawn.outline_line_color = None
    for axis in drawn.axis:
        axis.axis_line_color = None
        axis.major_tick_line_color = None
        axis.minor_tick_line_color = None
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = "12px"
        axis.axis_label_text_font = "Inter Variable"
        axis.axis_label_text_color = QUIET
        axis.major_label_text_font_size = "11.5px"
        axis.major_label_text_font = "Inter Variable"
        axis.major_label_text_color = QUIET
    drawn.xgrid.grid_line_color = None
    drawn.ygrid.grid_line_color = QUIET
    drawn.ygrid.grid_line_alpha = 0.22
    return drawn
