"""``python -m inbox.cli``: the command line where the script ``sportello`` is not on the path."""

from __future__ import annotations

from inbox.cli import main

main()
