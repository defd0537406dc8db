"""Collects every word that a reader may meet, and brings the catalogues of each language up to date with them.

Two catalogues for each language. ``messages`` holds what pages and templates say through gettext, and the titles that
connectors give their settings. ``sentences`` holds the refusals and reports that actions, queries and connectors say
in English, with a name for each value in them: ``there is no team %(team)s``.
"""

# ruff: noqa: INP001  (a folder of programs, no package)
from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from inbox.rendering.sentences import HOLE

__all__ = ["CATALOGUES", "DOMAINS", "current", "settings", "spoken", "written"]

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "inbox" / "translations"
DOMAINS = ("messages", "sentences")
FOLDERS = {
    path.name for top in ("connectors", "inbox", "templates") for path in [ROOT / top, *(ROOT / top).rglob("*/")]
}
REFUSALS = frozenset(
    {
        "Busy",
        "Conflict",
        "ConnectorError",
        "Forbidden",
        "Invalid",
        "Misconfigured",
        "NotFound",
        "Problem",
        "ThreadMoved",
        "Unavailable",
        "Wrong",
    }
)
SPEAKERS = (
    *("connectors/**/*.py", "inbox/actions/*.py", "inbox/reading/*.py", "inbox/store/*.py", "inbox/web/*.py"),
    *("inbox/metrics/fcr.py", "inbox/metrics/kinds.py", "inbox/metrics/log.py"),
    *(
        "inbox/actions/rules/*.py",
        "inbox/actions/surveys/*.py",
        "inbox/actions/sample/__init__.py",
        "inbox/actions/sample/removal.py",
        "inbox/throttle.py",
    ),
)
VERDICTS = ("Verdict",)  # class, success and why
CODES = ("Code", "_Entry")  # a provider's code and what it means
REPORTS = ("check", "connect")  # what a connector says when all is well
#: What gettext has to know and nothing that changes with the day, the hand or the tool.
HEAD = """\
# The {domain} of Sportello: scripts/translate keeps the left side, people the right one.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
FEWEST_LETTERS = 6  # a sentence with fewer of its own says nothing that could be told apart


# --- messages ---------------------------------------------------------------------------------------------------


def settings(
    file: IO[bytes], _keywords: Any, _tags: Sequence[str], options: dict[str, Any]
) -> Iterator[tuple[int, str, str, list[str]]]:
    """A connector's title, titles and descriptions of its settings, as Babel takes them from an extractor."""
    del options
    for node in ast.walk(ast.parse(file.read())):
        for each in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(each, (ast.Assign, ast.AnnAssign)) and _named_title(each):
                for words in _spellings(each.value, {}) - {""}:
                    yield each.lineno, "gettext", words, []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field":
            for given in node.keywords:
                if given.arg in {"title", "description"}:
                    for words in _spellings(given.value, {}):
                        yield node.lineno, "gettext", words, []


def _named_title(node: ast.Assign | ast.AnnAssign) -> bool:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    return isinstance(target, ast.Name) and target.id == "title"


def _messages() -> Catalog:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = Catalog()
    for _file, _line, words, _comments, context in extract_from_dir(
        ROOT, methods, options, DEFAULT_KEYWORDS, directory_filter=lambda path: Path(path).name in FOLDERS
    ):
        found.add(words, context=context)
    return found


# --- sentences --------------------------------------------------------------------------------------------------


def spoken(source: str) -> set[str]:
    """The sentences of a module, each value in them as ``%(name)s``."""
    found: set[str] = set()
    tree = ast.parse(source)
    for scope in (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Module))):
        known = _named(scope)
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and _name(node.func) in REFUSALS and node.args:
                found |= _spellings(node.args[0], known)
            elif isinstance(scope, ast.FunctionDef) and scope.name in REPORTS and _reports(node):
                found |= _spellings(node.value, known)  # type: ignore[attr-defined]
            elif isinstance(node, ast.Call) and _name(node.func) in VERDICTS:
                found |= _spellings(node.args[-1], known)
            elif isinstance(node, ast.Call) and _name(node.func) in CODES and node.args:
                found |= _spellings(node.args[0], known)
            elif isinstance(node, ast.Assign) and "problem" in map(_name, _parts(node.targets[0])):
                found |= {words for each in _parts(node.value) for words in _spellings(each, known)}
    return {each for each in found if " " in each and sum(map(str.isalpha, HOLE.sub("", each))) >= FEWEST_LETTERS}


def _reports(node: ast.AST) -> bool:
    return isinstance(node, (ast.Return, ast.Yield)) and node.value is not None


def _parts(node: ast.AST) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node] if isinstance(node, ast.expr) else []


def _named(scope: ast.AST) -> dict[str, set[str]]:
    """What the names of a scope stand for, where that is words."""
    known: dict[str, set[str]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            known.setdefault(node.targets[0].id, set()).update(_spellings(node.value, {}))
    return known


def _spellings(node: ast.AST | None, known: dict[str, set[str]]) -> set[str]:
    """Every way an expression can be spelled; none where it is no words."""
    match node:
        case ast.Constant(value=str(words)):
            return {words}
        case ast.JoinedStr():
            return {_pattern(node)}
        case ast.IfExp():
            return _spellings(node.body, known) | _spellings(node.orelse, known)
        case ast.BinOp(op=ast.Add()):
            ends = _spellings(node.right, known)
            return {one + other for one in _spellings(node.left, known) for other in ends}
        case ast.Name():
            return known.get(node.id, set())
        case ast.Call(func=ast.Attribute(value=inner, attr="rstrip")):
            return _spellings(inner, known)
        case ast.Call(func=ast.Name(id="scrub"), args=[inner, *_]):
            return _spellings(inner, known)
    return set()


def _pattern(words: ast.JoinedStr) -> str:
    text = ""
    for part in words.values:
        if isinstance(part, ast.FormattedValue):
            name = _name(part.value)
            before = len(re.findall(rf"%\({name}(?:_\d+)?\)s", text))
            text += f"%({name}_{before + 1})s" if before else f"%({name})s"
        elif isinstance(part, ast.Constant):
            text += str(part.value).replace("%", "%%")
    return text


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower() if name.isupper() else name
        case ast.Call(args=[inner, *_]) | ast.BoolOp(values=[inner, *_]) | ast.BinOp(left=inner):
            return _name(inner)
        case ast.Call(func=inner) | ast.Subscript(value=inner) | ast.IfExp(body=inner):
            return _name(inner)
    return "what"


def _sentences() -> Catalog:
    found = Catalog()
    for pattern in SPEAKERS:
        for path in sorted(ROOT.glob(pattern)):
            for words in spoken(path.read_text(encoding="utf-8")):
                found.add(words)
    return found


# --- catalogues -------------------------------------------------------------------------------------------------


def current() -> dict[str, Catalog]:
    """What the code says now, by domain."""
    return {"messages": _messages(), "sentences": _sentences()}


def written(language: str, domain: str, found: Catalog) -> bytes:
    """A language's catalogue with what the code says now: sorted and without places, so that changes are small."""
    path = CATALOGUES / language / "LC_MESSAGES" / f"{domain}.po"
    catalogue = Catalog(language, domain=domain)
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language, domain=domain)
    catalogue.update(found, no_fuzzy_matching=True, update_creation_date=False)
    target = BytesIO()
    write_po(target, catalogue, width=120, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    head = HEAD.format(domain=domain, language=language, plurals=catalogue.plural_forms)
    return head.encode() + target.getvalue()


def main() -> int:
    """Updates and compiles every catalogue; says what has no translation yet. 1 where there is any."""
    found, missing = current(), 0
    for language in sorted({*sys.argv[1:], *(path.name for path in CATALOGUES.iterdir() if path.is_dir())}):
        folder = CATALOGUES / language / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        for domain in DOMAINS:
            text = written(language, domain, found[domain])
            (folder / f"{domain}.po").write_bytes(text)
            catalogue = read_po(BytesIO(text), locale=language, domain=domain)
            with (folder / f"{domain}.mo").open("wb") as file:
                write_mo(file, catalogue)
            left = [each.id for each in catalogue if each.id and not all([each.string, *(each.string or ())])]
            missing += len(left)
            sys.stdout.write(f"{language} {domain}: {len(catalogue)} in all, {len(left)} without words yet\n")
            sys.stdout.writelines(f"  {each}\n" for each in left)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
