"""``/docs``: the model, its columns, how to ask it, and a form to try; one page, works offline."""

from __future__ import annotations

import html
import secrets
from dataclasses import dataclass
from pathlib import Path
from string import Template

import msgspec

from workbench.core.bundle import BundleManifest
from workbench.core.signature import Field

MOST = 12  # categories that are shown of a column
CHOICES = 60  # categories among which the form lets one choose


@dataclass(frozen=True)
class Page:
    """A document, cut where the nonce of its script goes."""

    parts: tuple[str, ...]

    def with_nonce(self) -> tuple[bytes, bytes]:
        """The page and its Content-Security-Policy: only its own script runs, nothing is loaded."""
        nonce = secrets.token_urlsafe(16)
        policy = (
            "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; "
            f"script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
        return nonce.join(self.parts).encode(), policy.encode()


def document(manifest: BundleManifest) -> Page:
    """The page about the model of this bundle."""
    signature = manifest.signature
    gives = (
        f"A value of <code>{_safe(signature.target)}</code> for each row."
        if signature.task == "regression"
        else f"One of {_listed(signature.classes)} for each row, with the probability of each."
    )
    example = {"rows": [{item.name: item.example for item in signature.inputs}]}
    return _page(
        "page.html",
        name=_safe(manifest.name),
        gives=gives,
        facts="".join(_fact(*pair) for pair in _facts(manifest)),
        fields="".join(_field(item) for item in signature.inputs),
        inputs="".join(_input(item) for item in signature.inputs),
        example=_safe(msgspec.json.format(msgspec.json.encode(example), indent=2).decode()),
    )


def sign_in(manifest: BundleManifest) -> Page:
    """The page that asks a person for the token."""
    return _page("signin.html", name=_safe(manifest.name))


def _page(file: str, **words: str) -> Page:
    folder = Path(__file__).parent
    style = (folder / "page.css").read_text(encoding="utf-8")
    template = Template((folder / file).read_text(encoding="utf-8"))
    return Page(tuple(template.substitute(words, style=style, nonce="\0").split("\0")))


def _facts(manifest: BundleManifest) -> list[tuple[str, str]]:
    facts = [
        ("family", manifest.family),
        ("predicts", manifest.signature.target),
        ("trained on", manifest.dataset),
        ("run", manifest.run_id[:12]),
        ("exported", f"{manifest.created:%Y-%m-%d}"),
    ]
    reached = list(manifest.metrics.items())[:3]
    return facts + [(name.replace("_", " "), f"{value:.4g}") for name, value in reached]


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{_safe(name)}</dt><dd>{_safe(value)}</dd></div>"


def _input(item: Field) -> str:
    seen = ""
    if item.kind == "number" and item.low is not None:
        seen = f"{item.low:g} to {item.high:g}"
    elif item.kind == "category":
        seen = _listed(item.categories)
    elif item.kind == "datetime":
        seen = "ISO 8601"
    elif item.kind == "boolean":
        seen = "<code>true</code>, <code>false</code>"
    return (
        f"<tr><th scope=row><code>{_safe(item.name)}</code></th>"
        f"<td>{item.kind}</td><td>{seen}</td></tr>"
    )


def _field(item: Field) -> str:
    """The column in the form, filled with its example."""
    name = _safe(item.name)
    given = f'aria-label="{name}" data-column="{name}" data-kind="{item.kind}"'
    return f'<label><span title="{name}">{name}</span>{_control(item, given)}</label>'


def _control(item: Field, given: str) -> str:
    value = _written(item.example)
    choices: tuple[str, ...] = item.categories
    if item.kind == "boolean":
        choices = ("true", "false")
    if item.kind == "boolean" or (item.kind == "category" and 0 < len(choices) <= CHOICES):
        options = dict.fromkeys(["", *choices, *([value] if value else [])])
        return f"<select {given}>{''.join(_option(o, value) for o in options)}</select>"
    hint = "2025-01-31T12:00:00" if item.kind == "datetime" else ""
    if item.kind == "number" and item.low is not None:
        hint = f"{item.low:g} to {item.high:g}"
    kind = 'type="number" step="any"' if item.kind == "number" else 'type="text"'
    return f'<input {kind} {given} value="{_safe(value)}" placeholder="{_safe(hint)}">'


def _option(name: str, chosen: str) -> str:
    selected = " selected" if name == chosen else ""
    return f'<option value="{_safe(name)}"{selected}>{_safe(name)}</option>'


def _written(value: str | float | bool | None) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(values: tuple[str, ...]) -> str:
    shown = ", ".join(f"<code>{_safe(v)}</code>" for v in values[:MOST])
    return shown + (f" and {len(values) - MOST} more" if len(values) > MOST else "")


def _safe(text: str) -> str:
    """Text from data: one line, no markup, no control characters."""
    flat = "".join(c if c.isprintable() or c == "\n" else " " for c in str(text))
    return html.escape(flat)
