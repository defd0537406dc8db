"""The bytes of pictures and documents that travel through the stand-ins."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inbox.sandbox import ids

__all__ = ["Blob", "Files", "Upload", "listed", "uploads"]


@dataclass(frozen=True)
class Blob:
    """A stored file; ``id`` is 32 hex digits."""

    id: str
    name: str
    content_type: str
    bytes: int


@dataclass(frozen=True)
class Upload:
    """A file that a customer adds to a message."""

    name: str
    content_type: str
    data: bytes


class Files:
    """Blobs on disk, each beside a small file with its name and type."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, upload: Upload) -> Blob:
        """Keeps the bytes; the same file twice makes two blobs."""
        blob = Blob(ids.hex_id(""), upload.name, upload.content_type, len(upload.data))
        (self._folder / blob.id).write_bytes(upload.data)
        (self._folder / f"{blob.id}.json").write_text(json.dumps(asdict(blob)))
        return blob

    def get(self, blob_id: str) -> Blob:
        """The facts of a blob. Raises ``KeyError``."""
        path = self._folder / f"{blob_id}.json"
        if not re.fullmatch(r"[0-9a-f]{32}", blob_id) or not path.exists():
            raise KeyError(blob_id)
        return Blob(**json.loads(path.read_text()))

    def data(self, blob: Blob) -> bytes:
        """Its bytes. Raises ``KeyError`` once it was deleted."""
        try:
            return (self._folder / blob.id).read_bytes()
        except FileNotFoundError as error:
            raise KeyError(blob.id) from error

    def delete(self, blob: Blob) -> None:
        """Forgets the bytes and the facts."""
        (self._folder / blob.id).unlink(missing_ok=True)
        (self._folder / f"{blob.id}.json").unlink(missing_ok=True)


def uploads(listed: list[dict[str, Any]]) -> list[Upload]:
    """Files as JSON brings them: ``[{"name", "content_type", "data": base64}]``. Raises ``ValueError``."""
    return [
        Upload(
            str(item.get("name") or "file"),
            str(item.get("content_type") or "application/octet-stream"),
            base64.b64decode(item["data"], validate=True),
        )
        for item in listed
    ]


def listed(files: list[Upload]) -> list[dict[str, Any]]:
    """The other way round."""
    return [
        {"name": file.name, "content_type": file.content_type, "data": base64.b64encode(file.data).decode()}
        for file in files
    ]
