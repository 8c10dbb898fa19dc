"""The look of what notebooks show, written into the elements themselves.

A notebook that is not trusted, and many pages that show notebooks, leave style sheets out and keep
``style`` attributes. Where the sheet is there, its variables win; where it is not, the colours
written here are readable on light and on dark ground.
"""

from __future__ import annotations

import re

from workbench.views.theme import QUIET

TAG = re.compile(r"<([a-z][a-z0-9]*)((?:\s[^<>]*)?)>")
CLASS = re.compile(r"""\bclass=["']?([\w\- ]+)["']?""")
PICTURE = re.compile(r"(<svg\b.*?</svg>|<style>.*?</style>)", re.DOTALL)

LINE = "rgba(128,136,160,.35)"
MIDDLE = {"good": "#0d9488", "bad": "#e11d48", "warn": "#c27803", "quiet": QUIET}


def _colour(name: str) -> str:
    # twice: a sanitizer that knows no variables keeps the first
    return f"color:{MIDDLE[name]};color:var(--wb-{name},{MIDDLE[name]})"


_CELL = "padding:.28rem .9rem .28rem 0;text-align:left"
RULES: dict[str, str] = {
    ".wb": "font-size:14px;line-height:1.5;text-align:left;max-width:68rem",
    "h3": "font-size:1.05rem;margin:.1rem 0 .25rem",
    "h4": "font-size:.9rem;margin:1.1rem 0 .3rem",
    "p": "margin:0 0 .5rem",
    "dl": "margin:.4rem 0 .7rem",
    "dt": f"font-size:12px;font-weight:normal;{_colour('quiet')}",
    "dd": "margin:0;font-weight:600",
    "ul": "list-style:none;margin:.4rem 0 .8rem;padding:0",
    "li": "margin:.2rem 0",
    "figure": f"margin:0;border:1px solid {LINE};border-radius:12px;padding:.8rem .9rem",
    "figcaption": f"font-size:12px;margin-bottom:.5rem;{_colour('quiet')}",
    "table": "border-collapse:collapse;font-size:13px;margin:.2rem 0",
    "th": f"{_CELL};font-weight:500;{_colour('quiet')}",
    "td": f"{_CELL};border-top:1px solid {LINE}",
    "summary": "cursor:pointer;font-weight:550",
    "pre": f"border:1px solid {LINE};border-radius:8px;padding:.6rem .8rem;overflow:auto",
    ".wb-lead": "font-size:1rem;font-weight:500",
    ".wb-small": f"font-size:12px;{_colour('quiet')}",
    ".wb-fact": "display:inline-block;margin:0 1.6rem .3rem 0",
    ".wb-num": "text-align:right",
    ".wb-wide": "overflow-x:auto;max-width:100%",
    ".wb-chart": "max-width:25rem;margin:0 auto",
    ".wb-good": _colour("good"),
    ".wb-bad": _colour("bad"),
    ".wb-warn": _colour("warn"),
    ".wb-quiet": _colour("quiet"),
}


def styled(html: str) -> str:
    """Our own markup with its look in ``style`` attributes; pictures stay as they are.

    ``html`` is made by :mod:`workbench.views.html`, where text from data is escaped: a bracket is
    always ours.
    """
    parts = PICTURE.split(html)
    return "".join(p if i % 2 else TAG.sub(_dressed, p) for i, p in enumerate(parts))


def _dressed(found: re.Match[str]) -> str:
    tag, rest = found.groups()
    named = CLASS.search(rest)
    keys = [tag, *(f".{name}" for name in named[1].split())] if named else [tag]
    look = ";".join(RULES[key] for key in keys if key in RULES)
    if not look or "style=" in rest:
        return found[0]
    return f'<{tag}{rest} style="{look}">'
