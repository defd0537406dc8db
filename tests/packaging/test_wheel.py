"""The wheel is the whole product: installed into an empty environment it serves pages and ends cleanly."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.served import Served

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("wheel"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout by its own build hook."""
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (file,) = folder.glob("sportello-*.whl")
    return file


@pytest.fixture(scope="module")
def contents(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_has_two_packages_and_nothing_else_at_its_top(contents: list[str]) -> None:
    tops = {name.split("/")[0] for name in contents}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"inbox", "connectors"}


def test_the_wheel_carries_the_bundle_the_templates_and_the_migrations(contents: list[str]) -> None:
    def carried(pattern: str) -> list[str]:
        return [name for name in contents if re.fullmatch(pattern, name)]

    assert carried(r"inbox/web/static/.+\.js")
    assert carried(r"inbox/web/static/.+\.css")
    for folder in ("templates", "migrations"):
        here = {f"inbox/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob("*.*") if path.suffix != ".pyc"}
        assert here
        assert here <= set(contents)
    catalogues = [*(ROOT / "inbox/translations").glob("*/LC_MESSAGES/*.po")]
    assert {f"{path.relative_to(ROOT).with_suffix('.mo')}" for path in catalogues} <= set(contents)


def test_the_wheel_carries_no_tests_no_stray_files_and_the_licence(contents: list[str]) -> None:
    assert not [
        name for name in contents if re.search(r"(^|/)(tests|node_modules|__pycache__|data)/|\.env$|\.db$", name)
    ]
    assert any(name.endswith("licenses/LICENSE") for name in contents)


def pins(folder: Path) -> Path:
    """The versions of requirements.lock without their hashes, since the wheel beside them has none."""
    lines = [line.split(" \\")[0] for line in (ROOT / "requirements.lock").read_text().splitlines()]
    file = folder / "constraints.txt"
    file.write_text("\n".join(line for line in lines if re.match(r"[a-z0-9]", line)))
    return file


@pytest.fixture(scope="module")
def sportello(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, from the wheel installed into an environment that had nothing in it."""
    folder = tmp_path_factory.mktemp("installed")
    python = folder / "env/bin/python"
    wanted = ["--constraint", str(pins(folder)), str(wheel)]
    uv = shutil.which("uv")
    if uv:
        commands: list[list[str | Path]] = [
            [uv, "venv", "--quiet", "--python", sys.executable, folder / "env"],
            [uv, "pip", "install", "--quiet", "--python", python, *wanted],
        ]
    elif importlib.util.find_spec("pip"):  # this one's pip, and only what is imported compiled: many seconds less
        commands = [
            [sys.executable, "-m", "venv", "--without-pip", folder / "env"],
            [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile", *wanted],
        ]
    elif importlib.util.find_spec("ensurepip"):
        commands = [
            [sys.executable, "-m", "venv", folder / "env"],
            [python, "-m", "pip", "install", "--quiet", *wanted],
        ]
    else:
        pytest.skip("Python's venv module is incomplete (apt-get install python3-venv)")
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "env/bin/sportello"


@pytest.fixture
def served(sportello: Path, tmp_path: Path) -> Iterator[Served]:
    with Served([sportello, "serve"], tmp_path) as desk:
        yield desk


def test_the_installed_wheel_serves_a_page_with_its_bundle_and_ends_cleanly_on_sigterm(served: Served) -> None:
    status, page = served.page()
    assert status == 200
    assert "Sportello" in page
    assets = re.findall(r'(?:src|href)="(/static/[^"]+\.(?:js|css))"', page)
    assert assets
    for asset in assets:
        assert served.page(asset)[0] == 200
    assert f"http://127.0.0.1:{served.port}" in served.log.read_text()
    assert (served.data / "secret.key").stat().st_mode & 0o777 == 0o600
    assert list((served.data / "templates").iterdir())  # compiled once, for all further starts

    assert len(served.family()) >= 3  # the supervisor, web and worker
    assert served.end() == 0, served.log.read_text()
    assert served.family() == set()
    assert "Traceback" not in served.log.read_text()


def test_the_installed_command_says_what_it_can_do(sportello: Path, tmp_path: Path) -> None:
    told = subprocess.run([sportello, "--help"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "serve" in told.stdout
