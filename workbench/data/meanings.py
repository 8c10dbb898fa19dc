"""What a column means beyond its type: places, orders, addresses, pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

if TYPE_CHECKING:
    from workbench.data.schema import Guess, Look

SAMPLE = 1000  # distinct values that are looked at
MOSTLY = 0.95
EMAIL = r"^[^@\s,;<>]+@[^@\s,;<>]+\.[A-Za-z]{2,}$"
IMAGE = r"(?i)\.(png|jpe?g|gif|bmp|tiff?|webp|svg|heic|dcm)$"
NUMBERED = re.compile(r"^[<>≤≥]?\s*\$?(\d[\d,.]*)(st|nd|rd|th)?\b", re.IGNORECASE)
SPREAD = re.compile(r"^[<>≤≥]|^\S*\d\s*(-|–|to)\s*\S*\d|\+$|^\d+(st|nd|rd|th)\b", re.IGNORECASE)
PLACES = {"lat": 90, "latitude": 90, "lon": 180, "lng": 180, "long": 180, "longitude": 180}
PLACE = re.compile(
    r"(^|[_\W])(country|nation|zip|zipcode|postcode|postal_?code|plz|city|state|county|province)$",
    re.IGNORECASE,
)
RATED = re.compile(
    r"(^|[_\W])(rating|stars|grade|stage|severity|satisfaction|likert|priority)$", re.IGNORECASE
)
ORDERS = (
    ("very low", "low", "medium", "high", "very high"),
    ("low", "moderate", "high"), ("low", "med", "high"), ("low", "mid", "high"),
    ("tiny", "small", "medium", "large", "huge"),
    ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("none", "mild", "moderate", "severe"), ("minor", "major", "critical"),
    ("very poor", "poor", "fair", "good", "very good", "excellent"),
    ("fair", "good", "very good", "premium", "ideal"),
    ("poor", "average", "good"), ("bad", "ok", "good"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("beginner", "intermediate", "advanced", "expert"), ("junior", "senior"),
    ("first", "second", "third", "fourth", "fifth"),
    ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ("january", "february", "march", "april", "may", "june", "july", "august", "september",
     "october", "november", "december"),
)  # fmt: skip


def told(look: Look, guess: Guess) -> Guess:
    """``guess``, or what the column's name and values say beyond it."""
    if look.words is not None:
        return _words(look, look.words[:SAMPLE], guess)
    if guess.semantic != "number":
        return guess
    return _numbers(look, guess)


def _words(look: Look, words: pa.Array, guess: Guess) -> Guess:
    if _share(words, EMAIL) >= MOSTLY:
        return guess.named("email", f"{look.distinct:,} addresses", "ignore")
    if _share(words, IMAGE) >= MOSTLY:
        return guess.named("image_path", f"{look.distinct:,} names of image files", "ignore")
    if guess.semantic != "category":
        return guess
    if order := ordered([str(word) for word in words.to_pylist()]):
        return guess.named("ordinal", " < ".join(order[:8]) + (" …" if len(order) > 8 else ""))
    if PLACE.search(look.name):
        return guess.named("geographic", f"{guess.reason}, called like a place")
    return guess


def _numbers(look: Look, guess: Guess) -> Guess:
    name = look.name.strip().lower()
    word = re.split(r"[_\W]", name)[-1]
    most = PLACES.get(word)
    low, high = look.span
    if most and kinds.is_floating(look.type) and -most <= low <= high <= most:
        what = "latitude" if word.startswith("lat") else "longitude"
        return guess.named("geographic", f"{what}, {guess.reason}")
    if not kinds.is_integer(look.type):
        return guess
    if PLACE.search(look.name) and word in ("zip", "zipcode", "postcode", "postal_code", "plz"):
        return guess.named("geographic", f"{guess.reason}, called like a place")
    if RATED.search(look.name) and 3 <= look.distinct <= 11:
        return guess.named("ordinal", f"{guess.reason}, called like a rating")
    return guess


def _share(words: pa.Array, pattern: str) -> float:
    hits = pc.sum(pc.match_substring_regex(words, pattern)).as_py() or 0
    return hits / len(words) if len(words) >= 3 else 0.0


def ordered(words: list[str]) -> list[str]:
    """The values in their order, where they have one that everybody knows; else none.

    Three values or more of a known scale (low, medium, high), or ranges that begin with a
    number (``18-24``, ``25-34``, ``65+``).
    """
    if not 3 <= len(words) <= 50:
        return []
    plain = {word.strip().lower(): word for word in words}
    for scale in ORDERS:
        if set(plain) <= set(scale):
            return [plain[step] for step in scale if step in plain]
    if not all(SPREAD.search(word) for word in plain):
        return []
    places = {word: _start(word) for word in plain}
    if any(place is None for place in places.values()):
        return []
    return [plain[word] for word in sorted(plain, key=lambda w: places[w] or (0.0, 0))]


def _start(word: str) -> tuple[float, int] | None:
    """Where a range begins; ``<18`` comes before ``18-24``, ``>65`` after ``65``."""
    found: Any = NUMBERED.match(word)
    if found is None:
        return None
    number = found[1].replace(",", "").rstrip(".")
    if number.count(".") > 1:
        return None
    side = -1 if word[0] in "<≤" else int(word[0] in ">≥" or word.endswith("+"))
    return float(number), side
