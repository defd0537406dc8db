"""Bytes by their content: attachments and large journal bodies, each once, under ``DATA_DIR/files``."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

__all__ = ["Files"]


class Files:
    """A content-addressed folder: ``ab/abcdef…``. Writing is atomic and durable; the same bytes are stored once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Where the bytes of that digest lie. Raises ``ValueError`` on anything but 64 hex digits."""
        if len(sha256) != 64 or not all(letter in "0123456789abcdef" for letter in sha256):
            msg = "not a SHA-256"
            raise ValueError(msg)
        return self.root / sha256[:2] / sha256

    def put(self, data: bytes) -> str:
        """Stores the bytes before it returns (file and folder synced); gives their SHA-256 in hex."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        if path.exists():
            os.utime(path)  # whoever forgets old files sees that this one is wanted again
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return digest

    def forget(self, sha256: str, before: float) -> None:
        """Removes bytes that nobody has stored again since ``before`` (seconds since 1970)."""
        path = self.path(sha256)
        if path.exists() and path.stat().st_mtime < before:
            path.unlink()

    def get(self, sha256: str) -> bytes:
        """The bytes. Raises ``FileNotFoundError``."""
        return self.path(sha256).read_bytes()
