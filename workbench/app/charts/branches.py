"""An error tree: its branches as a list that is drawn as a tree, each with its error."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.app.ui import escape
from workbench.views import words
from workbench.views.branches import Branch, Branches
from workbench.views.theme import QUIET, ROSE, TEAL

WIDE, HIGH = 170, 22  # pixels of a value with its interval
EDGE = 6
HUES = {"worse": ROSE, "better": TEAL, "alike": QUIET}

CSS = """
.tree { container-type: inline-size; font-variant-numeric: tabular-nums;
  --line: color-mix(in srgb, var(--mui-palette-text-secondary) 55%, transparent); }
.tree ul { list-style: none; margin: 0; padding: 0; }
.tree ul ul { margin-left: 8px; }
.tree li { position: relative; }
.tree ul ul > li { padding-left: 20px; }
.tree ul ul > li::before { content: ''; position: absolute; left: 0; top: 0; width: 14px;
  height: 17px; border: solid var(--line);
  border-width: 0 0 1.5px 1.5px; border-bottom-left-radius: 6px; }
.tree ul ul > li:not(:last-child)::after { content: ''; position: absolute; left: 0; top: 0;
  bottom: 0; border-left: 1.5px solid var(--line); }
.node { display: flex; flex-wrap: wrap; align-items: flex-start; column-gap: 12px;
  padding: 5px 8px 7px 0; border-radius: 8px; }
.node.worse { background: color-mix(in srgb, #f43f5e 9%, transparent); }
.node.better { background: color-mix(in srgb, #14b8a6 7%, transparent); }
.dot { flex: 0 0 18px; height: 24px; display: grid; place-items: center; }
.dot i { display: block; border-radius: 50%; width: var(--size); height: var(--size);
  background: var(--hue); }
.said { flex: 1 1 150px; min-width: 0; overflow-wrap: anywhere; font-size: 13.5px;
  line-height: 24px; }
.leaf .said { font-weight: 560; }
.node small { display: block; font-size: 12px; line-height: 1.35; font-weight: 400;
  color: var(--mui-palette-text-secondary); }
.span { flex: 0 0 170px; height: 24px; display: grid; place-items: center; }
.value { flex: 0 0 104px; text-align: right; font-size: 13.5px; font-weight: 600;
  line-height: 24px; }
.worse .value { color: var(--mui-palette-error-main); }
.better .value { color: var(--mui-palette-success-main); }
@container (max-width: 560px) {
  .span { order: 3; flex: 1 1 100%; place-items: center end; }
}
"""


def branches(tree: Branches) -> tuple[str, str]:
    """HTML and styles of the tree; a node's children follow it, further in."""
    return f'<div class="tree">{_list(tree, [tree.nodes[0]])}</div>', CSS


def _list(tree: Branches, nodes: Sequence[Branch]) -> str:
    items = []
    for node in nodes:
        below = [n for n in tree.nodes if n.above == node.place]
        items.append(f"<li>{_node(tree, node)}{_list(tree, below) if below else ''}</li>")
    return f"<ul>{''.join(items)}</ul>"


def _node(tree: Branches, node: Branch) -> str:
    size = 5 + 11 * node.share**0.5
    kind = f"node {node.side}{' leaf' if node.leaf else ''}"
    return (
        f'<div class="{kind}"><span class="dot" aria-hidden="true">'
        f'<i style="--size:{size:.0f}px;--hue:{HUES[node.side]}"></i></span>'
        f'<span class="said">{escape(node.said)}<small>{_quiet(tree, node)}</small></span>'
        f'<span class="span">{_span(tree, node)}</span>'
        f'<span class="value">{_value(tree, node)}<small>{_ends(tree, node)}</small></span></div>'
    )


def _quiet(tree: Branches, node: Branch) -> str:
    told = f"{words.plural(node.rows, 'row')} · {words.percent(node.share)}"
    if not tree.signed or None in node.others:
        return told
    write = words.percent if tree.rates else words.number
    return f"{told} · {' against '.join(write(v) for v in node.others)}"


def _value(tree: Branches, node: Branch) -> str:
    if not tree.rates:
        return words.number(node.value)
    return words.points(node.value) if tree.signed else words.percent(node.value)


def _ends(tree: Branches, node: Branch) -> str:
    if node.low is None or node.high is None:
        return ""
    if not tree.rates:
        return words.interval(node.low, node.high)
    low, high = (f"{100 * v:.1f}".replace("-", "−") for v in (node.low, node.high))
    return f"{low} to {high}"


def _span(tree: Branches, node: Branch) -> str:
    """A dot on its interval, on the scale of all nodes; dashed is what it is held against."""
    if node.value is None:
        return ""
    low, high = tree.span

    def at(value: float) -> str:
        return f"{EDGE + (WIDE - 2 * EDGE) * (value - low) / (high - low):.1f}"

    hue, middle, mark = HUES[node.side], HIGH / 2, at(tree.reference)
    start = at(node.value if node.low is None else node.low)
    end = at(node.value if node.high is None else node.high)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}"'
        f' height="{HIGH}" aria-hidden="true">'
        f'<line x1="{mark}" x2="{mark}" y1="0" y2="{HIGH}" stroke="{QUIET}"'
        ' stroke-dasharray="3 3"/>'
        f'<line x1="{start}" x2="{end}" y1="{middle}" y2="{middle}" stroke="{hue}"'
        ' stroke-width="4" stroke-linecap="round" stroke-opacity=".45"/>'
        f'<circle cx="{at(node.value)}" cy="{middle}" r="4.5" fill="{hue}"/></svg>'
    )
