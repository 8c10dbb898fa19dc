"""The import dialog's parts without a browser: places, uploads, passwords, options."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.app import places, uploads
from workbench.app.importing import ImportDialog
from workbench.app.sources import with_password, without_password
from workbench.app.uploads import Dropper, Upload
from workbench.core.errors import UsageError
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("importing") / "ws")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with some files; the home is elsewhere."""
    home, work = tmp_path / "home", tmp_path / "work"
    for folder in (home, work / "2026", tmp_path / "other"):
        folder.mkdir(parents=True)
    for name in ("customers.csv", "orders.parquet", "notes.md", ".hidden.csv", "LICENSE"):
        (work / name).write_text("a,b\n1,2\n3,4\n")
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(home))
    return work


# places ---------------------------------------------------------------------------------------


def test_a_folder_lists_folders_and_files_with_tables(here: Path) -> None:
    found = places.listing("")
    assert found.folder == str(here)
    assert [e.name for e in found.entries] == ["2026", "customers.csv", "LICENSE", "orders.parquet"]
    assert found.above == ""  # above it is neither home nor working folder
    assert places.listing("2026").above == str(here)


def test_a_half_typed_name_is_completed_and_a_wrong_one_corrected(here: Path) -> None:
    assert [e.name for e in places.listing("CUST").entries] == ["customers.csv"]
    found = places.listing("custmers.csv")
    assert [e.name for e in found.entries] == ["customers.csv"]
    assert "There is no 'custmers.csv' here. Near it:" in found.said
    assert places.listing("customers.csv").table


def test_only_home_and_working_folder_are_listed(here: Path) -> None:
    for text in ("/", "..", "../other", "/etc", "2026/../../other"):
        found = places.listing(text)
        assert found.entries == ()
        assert found.said
    (here / "out").symlink_to("/etc")
    assert places.listing("out").entries == ()
    assert places.listing("~").folder == str(Path.home())


@given(st.text(max_size=40))
def test_any_text_has_a_listing(text: str) -> None:
    found = places.listing(text)
    assert len(found.entries) <= 2 * places.MOST


# uploads --------------------------------------------------------------------------------------


def test_a_file_comes_in_parts_under_a_harmless_name(tmp_path: Path) -> None:
    upload = Upload.begin(tmp_path, "../../e<v>il.csv.gz", 10)
    upload.add(b"a,b\n")
    assert not upload.whole
    upload.add(b"1,2\n3\n")
    assert upload.whole
    assert upload.path.is_relative_to(tmp_path)
    assert upload.path.name == "e-v-il.csv.gz"
    assert upload.path.read_bytes() == b"a,b\n1,2\n3\n"
    with pytest.raises(UsageError, match="grew"):
        upload.add(b"x")
    upload.drop()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "size", "why"),
    [("photo.png", 5, "no kind of file"), ("t.csv", 0, "is empty"), ("t.csv", -1, "is empty"),
     ("t.csv", uploads.LARGEST + 1, "uploads end at 2.0 GB")],
)  # fmt: skip
def test_what_cannot_come_is_refused_before_it_travels(
    name: str, size: int, why: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=why) as error:
        Upload.begin(tmp_path, name, size)
    assert error.value.hint
    assert list(tmp_path.iterdir()) == []


class Spoken(Dropper):
    """A dropper without a browser."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder=folder)
        self.answers: list[Any] = []

    def _send_msg(self, data: Any) -> None:
        self.answers.append(data)


def test_the_browser_is_asked_for_each_part_and_an_old_file_is_heard_no_more(
    tmp_path: Path,
) -> None:
    dropper = Spoken(tmp_path)
    dropper._handle_msg({"what": "file", "number": 1, "name": "a.csv", "size": 4})
    dropper._handle_msg({"what": "file", "number": 2, "name": "b.csv", "size": 6})
    dropper._handle_msg({"what": "part", "number": 1, "part": b"a,b\n"})
    dropper._handle_msg({"what": "part", "number": 2, "part": b"x,y\n"})
    assert dropper.answers == [
        {"next": 0, "number": 1}, {"next": 0, "number": 2}, {"stop": 1}, {"next": 4, "number": 2},
    ]  # fmt: skip
    assert dropper.upload is not None and dropper.upload.path.read_bytes() == b"x,y\n"
    assert len(list(tmp_path.iterdir())) == 1
    dropper._handle_msg({"what": "part", "number": 2, "part": b"1,2,3\n"})
    assert dropper.upload is None
    assert dropper.fault is not None and "grew" in dropper.fault.sentence
    assert list(tmp_path.iterdir()) == []


# passwords ------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_a_password_moves_out_of_an_address_and_back(password: str) -> None:
    whole = with_password("postgresql://me@host:5432/shop", password)
    assert without_password(whole) == ("postgresql://me@host:5432/shop", password)


def test_addresses_without_a_user_have_no_password() -> None:
    for address in ("sqlite:///shop.db", "", "postgresql://host/shop", "nonsense"):
        assert without_password(address) == (address, "")
        assert with_password(address, "") == address


def test_a_password_needs_a_user() -> None:
    with pytest.raises(UsageError, match="names no user"):
        with_password("postgresql://host/shop", "x")
    assert with_password("nonsense", "x") == "nonsense"  # who connects says what is wrong with it


# the dialog -----------------------------------------------------------------------------------


@pytest.fixture
def dialog(workspace: Workspace) -> ImportDialog:
    visit = SimpleNamespace(
        workspace=workspace, note=lambda **_: None, get=lambda _: "", complain=lambda _: None
    )
    return ImportDialog(visit, lambda _: None)  # type: ignore[arg-type]


def test_nothing_chosen_to_import_says_what_to_choose(dialog: ImportDialog) -> None:
    for way in ("This machine", "Upload", "Database"):
        dialog.way.value = way
        assert dialog.go.disabled
        with pytest.raises(UsageError, match="Nothing is chosen") as error:
            dialog.ask()
        assert error.value.hint


def test_a_password_of_nobody_is_said_at_once(dialog: ImportDialog) -> None:
    database = dialog.database
    dialog.way.value = "Database"
    database.password.value = "secret"
    assert len(database.said) == 0  # an address may follow
    database.address.value = "sqlite:///shop.db"
    (words,) = [p.object for p in database.said[0].select() if hasattr(p, "object")]
    assert "names no user" in words and "secret" not in words
    assert database.source() == "" and dialog.go.disabled
    database.password.value = ""
    assert "names no user" not in str([p.object for p in database.said[0].select()
                                       if hasattr(p, "object")])  # fmt: skip


def test_a_file_is_looked_at_and_asked_for_as_it_was_seen(dialog: ImportDialog, here: Path) -> None:
    (here / "t.csv").write_text("n;x\na;1,5\nb;2,5\n")
    dialog.way.value = "This machine"
    dialog.machine.path.value_input = "t.csv"
    told = {item["name"]: item["told"] for item in dialog.options.first.items}
    assert told == {
        "delimiter": "semicolon (found)", "encoding": "utf-8 (found)",
        "decimal": "comma (found)", "header": "first row (found)",
    }  # fmt: skip
    assert [h["kind"] for h in dialog.seen.table.heads] == ["text", "number · decimal comma"]
    assert dialog.seen.table.rows == [["a", "1,5"], ["b", "2,5"]]
    dialog.seen.table.roles = {"x": "target", "n": "ignore"}
    dialog.options.first.chosen = {"decimal": "point  ."}
    assert [h["kind"] for h in dialog.seen.table.heads] == ["text", "text"]
    dialog.called.value_input = "sold"
    assert dialog.ask() == {
        "source": str(here / "t.csv"), "name": "sold", "target": "x", "sensitive": [],
        "roles": {"n": "ignore"}, "options": {"decimal": "."},
    }  # fmt: skip
    dialog.machine.path.value_input = "customers.csv"
    assert dialog.ask()["options"] == {}  # another file is found out anew
    assert dialog.seen.roles() == {"target": None, "sensitive": [], "roles": None}


def test_a_wrong_option_is_said_and_can_be_taken_back(dialog: ImportDialog, here: Path) -> None:
    dialog.way.value = "This machine"
    dialog.machine.path.value_input = "customers.csv"
    dialog.options.more.chosen = {"skip": "two"}
    shown = " ".join(str(p.object) for p in dialog.slot.view.select() if hasattr(p, "object"))
    assert "reading options cannot be used" in shown
    dialog.options.more.chosen = {}
    assert dialog.slot.view.objects == [dialog.seen.view]


def test_a_password_typed_into_the_address_moves_and_goes_with_the_import(
    dialog: ImportDialog,
) -> None:
    dialog.way.value = "Database"
    dialog.database.address.value = "postgresql://me:s3cret@127.0.0.1:1/shop"
    assert dialog.database.address.value == "postgresql://me@127.0.0.1:1/shop"
    assert dialog.database.password.value == "s3cret"
    shown = " ".join(str(p.object) for p in dialog.database.view.select() if hasattr(p, "object"))
    assert "cannot be read" in shown
    assert "s3cret" not in shown
    dialog.database.forget()
    assert dialog.database.url() == ""
    assert dialog.database.password.value == dialog.database.password.value_input == ""
