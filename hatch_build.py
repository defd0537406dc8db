"""Puts into the wheel what a checkout makes in place: browser bundle, catalogues, templates and migrations."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface[BuilderConfig]):
    """Runs before each build; an editable install needs nothing, since ``make setup`` has made it in place."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the ignored files and name the folders that move below ``inbox/`` in a wheel."""
        if version == "editable":
            return
        root = Path(self.root)
        unpacked_sdist = (root / "PKG-INFO").exists()
        if not (unpacked_sdist and (root / "inbox/web/static").exists()):
            subprocess.run([root / "scripts/bundle"], check=True)
        for catalogue in root.glob("inbox/translations/*/LC_MESSAGES/*.po"):
            with catalogue.open("rb") as source, catalogue.with_suffix(".mo").open("wb") as target:
                write_mo(target, read_po(source))
        if self.target_name == "wheel":
            for folder in ("templates", "migrations"):
                build_data["force_include"][folder] = f"inbox/{folder}"
