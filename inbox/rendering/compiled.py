"""Templates' code, kept between starts: to compile those of the inbox alone takes half a second of a first page."""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

__all__ = ["Compiled"]

_MARK = hashlib.sha256().digest_size


class Compiled(BytecodeCache):
    """One file for each template, marked with a key: what is damaged, was not written by this desk, or by another
    Python or Jinja, is compiled anew. Where nothing can be written nothing is kept, and no page fails for it."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        makers = f"Python {sys.version}, Jinja {version('jinja2')}"
        self._key = hmac.digest(key, makers.encode(), "sha256")

    def _mark(self, bucket: Bucket, code: bytes) -> bytes:
        return hmac.digest(self._key, bucket.key.encode() + code, "sha256")

    def load_bytecode(self, bucket: Bucket) -> None:
        """What was kept of a template; of an older text of it, nothing."""
        try:
            kept = (self._folder / bucket.key).read_bytes()
        except OSError:
            return
        if hmac.compare_digest(kept[:_MARK], self._mark(bucket, kept[_MARK:])):
            bucket.bytecode_from_string(kept[_MARK:])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps it: whole, or not at all."""
        code = bucket.bytecode_to_string()
        aside = self._folder / f"{bucket.key}.{os.getpid()}"
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            try:
                aside.write_bytes(self._mark(bucket, code) + code)
                aside.replace(self._folder / bucket.key)
            finally:
                aside.unlink(missing_ok=True)
