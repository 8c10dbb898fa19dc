"""Personal data: recognised by patterns and check digits in the cells, and by names of columns.

No model and no library: what has a checksum is held against it, so that a column of plain numbers
raises no alarm (``docs/decisions/0008-personal-data.md``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LONGEST = 2000  # characters of a cell that are looked at
SAMPLE = 200  # distinct values that are looked at
FEWEST = 3
MOSTLY = 0.8  # share of them that must fit
DATED = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
SOME = 0.02  # of free text: one cell in fifty


@dataclass(frozen=True)
class Recogniser:
    """A kind of personal data: a pattern, and what must hold of a match beyond it.

    ``inside`` finds it in the middle of a longer text too.
    """

    kind: str
    title: str
    pattern: re.Pattern[str]
    valid: Callable[[str], bool] = bool
    inside: bool = False


def digits(text: str) -> list[int]:
    """The digits of a text, without what stands between them."""
    return [int(c) for c in text if c.isdigit()]


def luhn(text: str) -> bool:
    """Whether the last digit is the check digit of a card number (ISO/IEC 7812-1)."""
    found = digits(text)[::-1]
    if len(set(found)) < 2:
        return False
    odd = sum(found[0::2])
    even = sum(sum(divmod(2 * d, 10)) for d in found[1::2])
    return (odd + even) % 10 == 0


def iban(text: str) -> bool:
    """Whether the check digits fit (ISO 13616: 1 modulo 97)."""
    plain = re.sub(r"\s", "", text).upper()
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def ssn(text: str) -> bool:
    """Whether the United States could have given this number."""
    area, group, serial = re.split(r"[- ]", text)
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def dni(text: str) -> bool:
    """Spain: the letter is the number modulo 23; foreigners' begin with X, Y or Z."""
    plain = re.sub(r"[-\s]", "", text).upper()
    number = int(plain[:-1].translate(str.maketrans("XYZ", "012")))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == plain[-1]


def cpf(text: str) -> bool:
    """Brazil: two check digits modulo 11."""
    found = digits(text)
    if len(set(found)) < 2:
        return False
    for length in (9, 10):
        total = sum(d * w for d, w in zip(found, range(length + 1, 1, -1), strict=False))
        if found[length] != total * 10 % 11 % 10:
            return False
    return True


def pesel(text: str) -> bool:
    """Poland: weights 1, 3, 7, 9, and a month of some century."""
    found = digits(text)
    month = (found[2] * 10 + found[3]) % 20
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    total = sum(d * w for d, w in zip(found, weights, strict=False))
    return 1 <= month <= 12 and (10 - total % 10) % 10 == found[10]


def nhs(text: str) -> bool:
    """The United Kingdom's health service: modulo 11."""
    found = digits(text)
    total = sum(d * w for d, w in zip(found, range(10, 1, -1), strict=False))
    return len(set(found)) > 2 and (11 - total % 11) % 11 == found[9]


def phone(text: str) -> bool:
    """An international number, or one written in groups: plain digits could be anything."""
    count = len(digits(text))
    if DATED.fullmatch(text.strip()):
        return False
    grouped = count >= 10 and len(re.split(r"[\s.\-/)]+", text)) > 2
    return 8 <= count <= 15 and (text.strip()[0] in "+(" or grouped)


def address(text: str) -> bool:
    """An IPv4 address that is no version number of zeros and ones."""
    parts = [int(p) for p in text.split(".")]
    return all(p < 256 for p in parts) and parts[0] not in (0, 1, 2, 255)


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


RECOGNISERS = (
    Recogniser("email", "e-mail addresses", _whole(r"(?<![\w.+%-])[\w.+%-]{1,64}@"
               r"[\w-]{1,63}(\.[\w-]{1,63}){0,8}\.[a-z]{2,24}"), inside=True),
    Recogniser("iban", "bank accounts (IBAN)", _whole(r"[a-z]{2}\d{2}( ?[a-z0-9]{4}){2,7}"
               r"( ?[a-z0-9]{1,4})?"), iban, inside=True),
    Recogniser("ssn", "social security numbers (United States)",
               _whole(r"\d{3}([- ])\d{2}\1\d{4}"), ssn, inside=True),
    Recogniser("card", "card numbers", _whole(r"[2-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{1,7}|"
               r"3[47]\d{2}[ -]?\d{6}[ -]?\d{5}"), luhn, inside=True),
    Recogniser("dni", "identity numbers (Spain)", _whole(r"(\d{8}|[xyz]-?\d{7})-?[a-z]"), dni),
    Recogniser("cpf", "tax numbers (Brazil)", _whole(r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}"), cpf),
    Recogniser("pesel", "identity numbers (Poland)", _whole(r"\d{11}"), pesel),
    Recogniser("nhs", "health service numbers (United Kingdom)",
               _whole(r"\d{3}[ -]?\d{3}[ -]?\d{4}"), nhs),
    Recogniser("ip", "addresses of computers", _whole(r"\d{1,3}(\.\d{1,3}){3}"), address),
    Recogniser("phone", "phone numbers", _whole(r"\+?[(\d][\d\s().\-/]{6,18}\d"), phone),
)  # fmt: skip
NAMES = re.compile(
    r"^((first|last|middle|given|family|full|maiden|birth|sur|fore|person|patient|customer|client|"
    r"employee|student|user|contact)[_\W]?)?names?$|^(first|last|surname|forename|nombre|apellido|"
    r"vorname|nachname|prenom)$",
    re.IGNORECASE,
)
NAME = re.compile(r"^[^\W\d_][^\d@/:;<>=+]*$")
BIRTH = re.compile(
    r"(^|[_\W])(dob|birth|birthday|birthdate|date_?of_?birth|geburtsdatum|born)($|[_\W])"
    r"|[a-z]DOB$|birth_?date",
    re.IGNORECASE,
)


def recognised(name: str, words: Sequence[object], *, moments: bool, prose: bool) -> str | None:
    """What personal data a column seems to hold, in words; None for none.

    Parameters
    ----------
    words
        Some of its distinct values; of a column of moments none are needed.
    prose
        Cells are free text: a few that hold an address or a number are enough.
    """
    if BIRTH.search(name) and (moments or _dated(words)):
        return "dates of birth"
    texts = [str(word).strip()[:LONGEST] for word in words[:SAMPLE]]
    if moments or len(texts) < FEWEST:
        return None
    for one in RECOGNISERS:
        if _share(one, texts, prose) >= (SOME if prose and one.inside else MOSTLY):
            return one.title
    return "names of people" if _named(name, texts) else None


def _share(one: Recogniser, texts: Sequence[str], prose: bool) -> float:
    if prose and one.inside:
        hits = [any(one.valid(m[0]) for m in one.pattern.finditer(t)) for t in texts]
    else:
        hits = [bool(one.pattern.fullmatch(t) and one.valid(t)) for t in texts]
    return sum(hits) / len(texts)


def _named(name: str, texts: Sequence[str]) -> bool:
    """Called like names, and most cells begin with a letter and hold no digit."""
    if not NAMES.search(name.strip()) or len(texts) < 20:
        return False
    return sum(bool(NAME.match(text)) for text in texts) / len(texts) >= MOSTLY


def _dated(words: Sequence[object]) -> bool:
    texts = [str(word) for word in words[:SAMPLE]]
    return bool(texts) and all(DATED.search(text) for text in texts)
