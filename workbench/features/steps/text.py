"""How texts are cut: the same in Python's and in ONNX Runtime's regular expressions."""

from __future__ import annotations

import re
import string

LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
TERM = "[a-z0-9_]+"
WORD = r"[^\t\n\f\r ]+"
CHARACTER = "(?s)."
token, word = re.compile(TERM), re.compile(WORD)


def tokens(text: str) -> list[str]:
    """Words of ASCII letters and digits, in lower case; anything else parts them."""
    return token.findall(text.translate(LOWER))
