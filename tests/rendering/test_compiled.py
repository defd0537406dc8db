"""A desk's templates are compiled once, not at each start; what was kept is used only where it is this desk's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment

from inbox.rendering.compiled import Compiled

KEY = b"k" * 32


class Counted(Environment):
    """An environment that says how many templates it has compiled."""

    times = 0

    def _generate(self, *source: Any, **more: Any) -> str:
        self.times += 1
        return str(super()._generate(*source, **more))


def drawn(folder: Path, key: bytes = KEY, text: str = "Ciao {{ name }}") -> tuple[str, int]:
    """What a fresh start draws, and how many templates it had to compile for it."""
    environment = Counted(loader=DictLoader({"page.html": text}), bytecode_cache=Compiled(folder, key))
    return environment.get_template("page.html").render(name="Anna"), environment.times


def test_a_second_start_compiles_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    assert drawn(folder) == ("Ciao Anna", 1)
    assert drawn(folder) == ("Ciao Anna", 0)
    assert len(list(folder.iterdir())) == 1


def test_a_changed_template_is_compiled_and_takes_the_place_of_the_old(tmp_path: Path) -> None:
    drawn(tmp_path)
    assert drawn(tmp_path, text="Salve {{ name }}") == ("Salve Anna", 1)
    assert drawn(tmp_path, text="Salve {{ name }}") == ("Salve Anna", 0)
    assert len(list(tmp_path.iterdir())) == 1


def test_what_another_key_wrote_is_not_run(tmp_path: Path) -> None:
    drawn(tmp_path, b"x" * 32)
    assert drawn(tmp_path) == ("Ciao Anna", 1)


@pytest.mark.parametrize("damaged", [b"", b"\0" * 500, b"half", b"one bit"])
def test_what_is_damaged_is_compiled_anew(tmp_path: Path, damaged: bytes) -> None:
    drawn(tmp_path)
    [file] = tmp_path.iterdir()
    whole = file.read_bytes()
    changes = {b"half": whole[: len(whole) // 2], b"one bit": whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]}
    file.write_bytes(changes.get(damaged, damaged))
    assert drawn(tmp_path) == ("Ciao Anna", 1)
    assert drawn(tmp_path) == ("Ciao Anna", 0)


def test_a_templates_code_is_not_taken_for_anothers(tmp_path: Path) -> None:
    drawn(tmp_path)
    [file] = tmp_path.iterdir()
    other = Counted(loader=DictLoader({"other.html": "Ciao {{ name }}"}), bytecode_cache=Compiled(tmp_path, KEY))
    other.get_template("other.html")
    [moved] = [one for one in tmp_path.iterdir() if one != file]
    file.replace(moved)
    again = Counted(loader=DictLoader({"other.html": "Ciao {{ name }}"}), bytecode_cache=Compiled(tmp_path, KEY))
    again.get_template("other.html")
    assert again.times == 1


def test_where_nothing_can_be_kept_the_page_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = tmp_path / "templates"
    taken.write_text("no folder")
    assert drawn(taken) == ("Ciao Anna", 1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert drawn(tmp_path / "full") == ("Ciao Anna", 1)
    assert list((tmp_path / "full").iterdir()) == []
