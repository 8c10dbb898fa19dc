"""Uploads: a file comes from the browser in parts, each written down as it comes."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from workbench.app import places
from workbench.app.scripts import script, style
from workbench.app.theme import CSS
from workbench.core.dataset import slug
from workbench.core.errors import UsageError, WorkbenchError
from workbench.core.files import explained
from workbench.views import words

LARGEST = 2 * 10**9  # bytes of an upload; larger files are imported by their path
PART = 2 * 2**20  # bytes that travel at a time


@dataclass
class Upload:
    """One file on its way from a browser into the workspace."""

    path: Path
    name: str
    size: int
    at: int = 0

    @classmethod
    def begin(
        cls,
        folder: Path,
        name: str,
        size: int,
        endings: Sequence[str] = (),
        largest: int = LARGEST,
    ) -> Upload:
        """Make room for a file, or say why it cannot come.

        Parameters
        ----------
        endings
            What names may end with; those of tables by default.

        Raises
        ------
        UsageError
            It is too large, empty, or of no kind that holds tables.
        """
        given = Path(name.replace("\\", "/")).name[:200]
        fits = given.lower().endswith(tuple(endings)) if endings else places.holds_table(given)
        if not fits:
            verb = "taken here" if endings else "imported"
            raise UsageError(
                f"{given!r} is no kind of file that can be {verb}.",
                f"These are: {', '.join(endings or places.kinds())}.",
            )
        if size <= 0:
            raise UsageError(f"{given!r} is empty.", "Choose another file.")
        if size > largest:
            raise UsageError(
                f"{given!r} has {words.size(size)}; uploads end at {words.size(largest)}.",
                "Give its path on this machine.",
            )
        place = folder / uuid.uuid4().hex[:8]
        with explained(place):
            place.mkdir(parents=True)
            if shutil.disk_usage(place).free < size:
                raise UsageError(
                    f"There is no room on the disk for the {words.size(size)} of {given!r}.",
                    "Free some space.",
                )
            path = place / (slug(given.partition(".")[0]) + _endings(given, endings))
            path.touch(0o600)
        return cls(path, given, size)

    def add(self, part: bytes) -> None:
        """The next bytes.

        Raises
        ------
        UsageError
            More comes than was said.
        """
        if self.at + len(part) > self.size:
            raise UsageError(f"{self.name!r} grew while it was sent.", "Choose it again.")
        with explained(self.path), self.path.open("ab") as file:
            file.write(part)
        self.at += len(part)

    @property
    def whole(self) -> bool:
        return self.at == self.size

    def drop(self) -> None:
        """Remove what came."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


def _endings(name: str, known: Sequence[str]) -> str:
    """The known endings: ``.csv.gz``; nothing else of a name reaches the disk as it is."""
    known = known or places.ENDINGS
    suffixes = [s.lower() for s in Path(name).suffixes[-2:] if s.lower() in known]
    return "".join(suffixes)


class Dropper(JSComponent):
    """Files dropped anywhere on the page, and the keys of the dialog; shows nothing itself.

    Parameters
    ----------
    open
        Whether the dialog is: Escape and Enter are for it then.
    pressed
        ``escape`` or ``enter``, with a stamp.
    """

    open = param.Boolean(False)
    pressed = param.Dict({})
    upload = param.ClassSelector(class_=Upload, allow_None=True, default=None)
    fault = param.ClassSelector(class_=WorkbenchError, allow_None=True, default=None)
    part = param.Integer(PART)

    _esm = script("dropper")
    _stylesheets: ClassVar[list[str]] = [CSS, style("dropper")]
    _rename: ClassVar[dict[str, None]] = dict.fromkeys(
        ("upload", "fault", "folder", "endings", "largest")
    )

    folder = param.ClassSelector(class_=Path)
    endings = param.Parameter((), doc="What names may end with; those of tables by default.")
    largest = param.Integer(LARGEST, doc="Bytes of an upload.")

    def _handle_msg(self, data: Any) -> None:
        """What the browser says: a file begins, or its next part is here."""
        try:
            answer = self._heard(data)
        except WorkbenchError as error:
            self.forget()
            self.fault = error
            answer = {"stop": data.get("number")}
        self._send_msg(answer)

    def forget(self) -> None:
        """Remove an upload that is not wanted any more."""
        if self.upload is not None:
            self.upload.drop()
            self.upload = None

    def _heard(self, data: Any) -> dict[str, Any]:
        number = int(data["number"])
        if data["what"] == "file":
            self.forget()
            self.fault = None
            said = str(data["name"]), int(data["size"])
            self.upload = Upload.begin(self.folder, *said, self.endings, self.largest)
            self._number = number
        elif self.upload is None or number != self._number:
            return {"stop": number}
        else:
            self.upload.add(bytes(data["part"]))
            self.param.trigger("upload")
        return {"next": self.upload.at, "number": number}

    _number = -1


class DropZone(JSComponent):
    """The place of a dialog that a file is dropped on, or chosen at."""

    name_shown = param.String("")
    said = param.String("")
    fraction = param.Number(0.0)

    _esm = script("dropzone")
    _stylesheets: ClassVar[list[str]] = [CSS, style("dropzone")]
