"""Every kind of event that the figures know is written by the product, or named as one that comes from elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from inbox.actions.telling import KINDS as TOLD
from inbox.metrics.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
#: These only read kinds, or play a desk that does not exist.
READERS = {"telling.py", "history.py", "undo.py", "clocks.py", "notices.py", "worth.py"}
#: Where no connector, or no part of the product, knows of it: it comes by ``POST /api/v1/events`` or with a sheet…
BY_API = {
    *("call.started", "call.leg", "call.ended", "social.snapshot", "social.mention"),
    *("contract.started", "contract.renewed", "contract.ended", "revenue"),
    "bot.handoff",
}
#: … or with the history of another system, by ``sportello log import``.
BY_IMPORT = {"handle.start", "handle.beat", "handle.end"}


def written() -> Iterator[str]:
    """Every word that is, or may be, the kind of a line that the product appends."""
    for path in sorted((ROOT / "inbox" / "actions").rglob("*.py")):
        if path.name in READERS or "sample" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
                yield from (str(each.value) for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant))
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp):
                yield from (str(each.value) for each in ast.walk(node.value) if isinstance(each, ast.Constant))


def test_what_the_product_does_not_write_is_named_as_coming_from_elsewhere() -> None:
    found = set(written())
    assert set(KINDS) - found == BY_API | BY_IMPORT
    assert BY_API <= TOLD


def test_the_documentation_names_each_kind() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    section = text.partition("**Who writes what.**")[2].partition("\n## ")[0]
    missing = [kind for kind in KINDS if f".{kind.partition('.')[2]}" not in section and kind not in section]
    assert [kind for kind in missing if f"`{kind.partition('.')[0]}.*`" not in section] == []
