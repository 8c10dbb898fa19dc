"""The escaping doors: every text that may come from data reaches the page through one of these.

Many Panel components render their strings as HTML (UI.md, section 5). Pages therefore use
``text``, ``table``, ``card``, ``header``, ``grid``, ``empty``, ``failed``, ``loading`` and the
widgets below, never a bare ``pn.pane`` or ``Typography``.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app.tables import Head, TableView, cell, plain_rows, table
from workbench.app.theme import CSS
from workbench.core.report import Finding

__all__ = [
    "Head",
    "TableView",
    "banner",
    "button",
    "card",
    "cell",
    "code",
    "column",
    "details",
    "empty",
    "escape",
    "facts",
    "failed",
    "figure",
    "findings",
    "frame",
    "grid",
    "header",
    "loading",
    "markup",
    "moving",
    "picture",
    "plain_rows",
    "row",
    "select",
    "table",
    "text",
]

WIDE = {"sizing_mode": "stretch_width", "margin": 0}
TAGS = {"title": "h1", "section": "h2", "part": "h3"}
MARKS = {"error": "✕", "warning": "!", "info": "i"}


def escape(value: Any) -> str:
    """Any value as text that HTML shows literally."""
    return html.escape(str(value), quote=True)


def markup(trusted: str, css: str = "", **options: Any) -> pn.pane.HTML:
    """HTML of our own making; whatever came from data in it went through :func:`escape`."""
    settings: dict[str, Any] = {**WIDE, **options}
    return pn.pane.HTML(trusted, stylesheets=[CSS, css], **settings)


def text(value: Any, kind: str = "body", tone: str = "", **options: Any) -> pn.pane.HTML:
    """A line of text, shown literally.

    Parameters
    ----------
    kind
        ``title``, ``section``, ``part``, ``lead``, ``body``, ``quiet`` or ``small`` (and quiet).
    tone
        ``good``, ``warn`` or ``bad``.
    """
    return markup(_text(value, kind, tone), **options)


def _text(value: Any, kind: str = "body", tone: str = "") -> str:
    tag = TAGS.get(kind, "p")
    classes = {"small": "small quiet", "quiet": "quiet", "lead": "lead"}.get(kind, "")
    return f'<{tag} class="{escape(f"{classes} {tone}".strip())}">{escape(value)}</{tag}>'


def code(value: str, **options: Any) -> pn.pane.HTML:
    """Text of a program, a command or a log."""
    return markup(f'<pre tabindex="0"><code>{escape(value)}</code></pre>', **options)


def column(*parts: Any, gap: int = 0, **options: Any) -> pn.Column:
    """Parts below each other over the full width."""
    settings: dict[str, Any] = {**WIDE, **options}
    if gap:
        settings["styles"] = {"gap": f"{gap}px", **settings.get("styles", {})}
    return pn.Column(*parts, **settings)


def row(*parts: Any, gap: int = 8, align: str = "center", **options: Any) -> pn.FlexBox:
    """Parts beside each other, wrapping where the window is narrow."""
    settings: dict[str, Any] = {**WIDE, **options}
    return pn.FlexBox(
        *parts, align_items=align, gap=f"{gap}px", **{"flex_wrap": "wrap", **settings}
    )


def card(
    title: str,
    *parts: Any,
    sub: str = "",
    actions: Sequence[Any] = (),
    **options: Any,
) -> pmui.Paper:
    """A white card: a title, one quiet line that says what is shown, then the picture."""
    words = _text(title, "section") + (_text(sub, "small") if sub else "")
    top = markup(words, sizing_mode="stretch_width") if title or sub else None
    head = (
        row(
            column(top, styles={"flex": "1 1 220px", "min-width": "0"}),
            *actions,
            align="flex-start",
        )
        if actions and top is not None
        else top
    )
    inside = [head, *parts] if head is not None else list(parts)
    return pmui.Paper(
        column(*inside, gap=12, margin=(14, 16, 6, 16)),
        elevation=0,
        sizing_mode="stretch_width",
        margin=8,
        sx={"border": "1px solid", "borderColor": "divider", "borderRadius": "14px"},
        **options,
    )


def frame(part: Any) -> pn.Column:
    """A card for what comes and goes: the Material one breaks when it goes before it was drawn."""
    look = {
        "background": "var(--mui-palette-background-paper)",
        "border": "1px solid var(--mui-palette-divider)",
        "border-radius": "14px",
        "padding": "14px 16px 6px",
        "box-sizing": "border-box",
    }
    return pn.Column(part, sizing_mode="stretch_width", margin=8, styles=look)


DETAILS_SX = {
    "borderRadius": "10px",
    # its own greys belong to no palette of ours
    "& .details-header, & .details-expand-button": {"backgroundColor": "transparent !important"},
    "& .details-header p": {"fontSize": "13.5px"},
}


def details(title: str, *parts: Any, whole: bool = False) -> pmui.Details:
    """Parts that few people need, folded under their title; ``whole`` ones never scroll."""
    return pmui.Details(
        *parts, title=escape(title), collapsed=True, fully_expanded=whole, sx=DETAILS_SX, **WIDE
    )


def header(title: str, sub: Any = "", *actions: Any) -> pn.FlexBox:
    """The head of a page: its title, one line of facts, and at most two primary actions."""
    words = markup(_text(title, "title") + (_text(sub, "quiet") if sub else ""))
    return row(
        column(words, styles={"flex": "1 1 280px", "min-width": "0"}),
        *actions,
        margin=(10, 8, 6, 8),
        gap=10,
    )


def grid(*cells: tuple[Any, int]) -> pmui.Grid:
    """``(part, width)`` pairs on twelve columns; each over the full width on narrow windows."""
    return pmui.Grid(
        *(pmui.Grid(part, size={"xs": 12, "md": width}) for part, width in cells),
        container=True,
        spacing=0,
        **WIDE,
    )


def figure(drawn: Any, label: str) -> pn.pane.Bokeh:
    """A Bokeh figure with a name for screen readers."""
    return pn.pane.Bokeh(drawn, name=label, **WIDE)


def moving() -> AbstractContextManager[None]:
    """Within it, what is on the page changes a figure's own models: a source, a range, an axis.

    Bokeh would send such changes past those of Panel that still wait for the socket, among them
    the one that brings the figure: the browser would not know what is changed. Here they queue up.
    """
    held: AbstractContextManager[None] = pn.io.unlocked()
    return held


def picture(svg: str, label: str, css: str = "", **options: Any) -> pn.pane.HTML:
    """Inline SVG of our own making with a name for screen readers."""
    return markup(f'<div role="img" aria-label="{escape(label)}">{svg}</div>', css, **options)


class Slider(pmui.FloatSlider):  # type: ignore[misc]
    """A slider whose moves are heard at once: Panel gathers changes for 50 ms by default."""

    _debounce = 5


def button(label: str, on_click: Callable[[], None] | None = None, **options: Any) -> pmui.Button:
    """A button; outlined and quiet unless told otherwise."""
    settings: dict[str, Any] = {"variant": "outlined", "margin": 0, **options}
    made = pmui.Button(label=label, **settings)
    if on_click is not None:
        made.on_click(lambda _: on_click())
    return made


def select(
    label: str, options: dict[str, Any] | list[Any], value: Any = None, **settings: Any
) -> pmui.Select:
    """A choice among texts that may come from data (this component shows them literally)."""
    return pmui.Select(
        label=label,
        options=options,
        value=value,
        size="small",
        **{"sizing_mode": "stretch_width", "margin": (4, 0), **settings},
    )


STATE_CSS = """
.state { display: flex; flex-direction: column; gap: 6px; align-items: flex-start;
  padding: 22px 4px 14px; max-width: 62ch; }
.state .why { color: var(--mui-palette-text-secondary); }
"""


def empty(sentence: str, next_step: str = "", *actions: Any) -> pn.Column:
    """Nothing here yet: a sentence, the next step, and the button that takes it."""
    words = f'<div class="state"><p class="lead">{escape(sentence)}</p>'
    words += f'<p class="why">{escape(next_step)}</p></div>' if next_step else "</div>"
    return column(markup(words, STATE_CSS), *([row(*actions)] if actions else []))


def failed(sentence: str, hint: str = "", retry: Callable[[], None] | None = None) -> pn.Column:
    """It did not work: what happened, what to do, and a way to try again."""
    words = (
        f'<div class="state" role="alert"><p class="lead bad">{escape(sentence)}</p>'
        + (f'<p class="why">{escape(hint)}</p>' if hint else "")
        + "</div>"
    )
    again = [row(button("Try again", retry, icon="refresh", size="small"))] if retry else []
    return column(markup(words, STATE_CSS), *again)


LOADING_CSS = """
.wait { display: flex; align-items: center; gap: 10px; color: var(--mui-palette-text-secondary);
  padding: 6px 2px; }
.wait i { width: 14px; height: 14px; border-radius: 50%; border: 2px solid
  var(--mui-palette-divider); border-top-color: var(--mui-palette-primary-main);
  animation: turn .9s linear infinite; }
.bone { height: var(--high); border-radius: 10px; margin-top: 8px; opacity: .55;
  background: var(--mui-palette-divider); }
@keyframes turn { to { transform: rotate(360deg); } }
@media (prefers-reduced-motion: reduce) { .wait i { animation-duration: 4s; } }
"""


def loading(what: str, high: int = 160) -> pn.pane.HTML:
    """What is being done, and the place where it will appear."""
    return markup(
        f'<div role="status" class="wait"><i></i><span>{escape(what)} …</span></div>'
        f'<div class="bone" style="--high:{int(high)}px" aria-hidden="true"></div>',
        LOADING_CSS,
    )


FACTS_CSS = """
dl { display: grid; gap: 14px 26px; grid-template-columns: repeat(auto-fit, minmax(118px, 1fr)); }
dt { font-size: 12px; color: var(--mui-palette-text-secondary); }
dd { font-size: 1.22rem; font-weight: 620; letter-spacing: -.015em; line-height: 1.35;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
dd small { display: block; font-size: 12px; font-weight: 400; letter-spacing: 0;
  color: var(--mui-palette-text-secondary); }
dl.plain dd { font-size: 13.5px; font-weight: 500; letter-spacing: 0; }
"""


def facts(
    items: Sequence[tuple[str, Any, str] | tuple[str, Any]], plain: bool = False
) -> pn.pane.HTML:
    """Names with their values, and a quiet line below each if there is one."""
    parts = []
    for name, value, *more in items:
        small = f"<small>{escape(more[0])}</small>" if more and more[0] else ""
        parts.append(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}{small}</dd></div>")
    kind = ' class="plain"' if plain else ""
    return markup(f"<dl{kind}>{''.join(parts)}</dl>", FACTS_CSS)


FINDING_CSS = """
ul { list-style: none; display: grid; gap: 8px; }
li { display: flex; gap: 10px; font-size: 13.5px; line-height: 1.45; }
li i { flex: none; width: 19px; height: 19px; border-radius: 50%; font: 700 11px/19px inherit;
  text-align: center; font-style: normal; color: var(--mui-palette-background-paper);
  font-size: 11px; font-weight: 700; line-height: 19px; margin-top: 1px; }
.error i { background: var(--mui-palette-error-main); }
.warning i { background: var(--mui-palette-warning-main); }
.info i { background: var(--mui-palette-text-secondary); }
"""


def findings(found: Sequence[Finding], limit: int = 12) -> pn.pane.HTML:
    """Findings as a list, the gravest first."""
    order = {"error": 0, "warning": 1, "info": 2}
    shown = sorted(found, key=lambda f: order.get(f.severity, 3))[:limit]
    items = "".join(
        f'<li class="{escape(f.severity)}"><i role="img" aria-label="{escape(f.severity)}">'
        f"{MARKS.get(f.severity, 'i')}</i><span>{escape(f.sentence)}</span></li>"
        for f in shown
    )
    rest = len(found) - len(shown)
    more = f'<p class="small quiet">and {rest} more</p>' if rest > 0 else ""
    return markup(f"<ul>{items}</ul>{more}", FINDING_CSS)


BANNER_CSS = """
.banner { padding: 11px 14px; border-radius: 10px; background: var(--mui-palette-background-paper);
  border: 1px solid var(--mui-palette-divider); border-left: 3px solid var(--tone); }
.banner.good { --tone: var(--mui-palette-success-main); color: inherit; }
.banner.warn { --tone: var(--mui-palette-warning-main); color: inherit; }
.banner.bad { --tone: var(--mui-palette-error-main); color: inherit; }
.banner.plain { --tone: var(--mui-palette-primary-main); }
"""


def banner(sentence: str, tone: str = "plain", sub: str = "") -> pn.pane.HTML:
    """The answer of a page in one sentence."""
    small = _text(sub, "small") if sub else ""
    return markup(
        f'<div class="banner {escape(tone)}"><p class="lead">{escape(sentence)}</p>{small}</div>',
        BANNER_CSS,
    )
