"""Small files for the sample's messages: a page as a PNG, a sheet as a PDF; the same words give the same bytes."""

from __future__ import annotations

import struct
import zlib

__all__ = ["file", "pdf", "png"]

WIDTH, HEIGHT = 480, 300
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int, Colour]
_GREY, _PAPER, _LINE, _RED, _BLUE = (222, 224, 229), (255, 255, 255), (203, 208, 216), (214, 69, 65), (52, 104, 192)
#: What the pictures show, as boxes (x, y, width, height, colour) on a browser's empty page.
_SCENES: dict[str, list[Box]] = {
    "errore": [
        (60, 90, 360, 44, _RED),
        (60, 150, 300, 10, _LINE),
        (60, 172, 330, 10, _LINE),
        (60, 194, 210, 10, _LINE),
    ],
    "modulo": [
        (90, 80, 300, 26, _LINE),
        (90, 120, 300, 26, _LINE),
        (90, 160, 300, 60, _LINE),
        (90, 236, 96, 30, _BLUE),
    ],
    "pannello": [
        (30, 60, 90, 220, _LINE),
        (140, 70, 310, 20, _BLUE),
        *((140, 104 + 28 * n, 310, 14, _LINE) for n in range(6)),
    ],
}


def file(name: str) -> tuple[str, str, bytes]:
    """Name, content type and bytes of a sample file; a picture shows what its name begins with."""
    stem, _, ending = name.rpartition(".")
    if ending == "pdf":
        return name, "application/pdf", pdf(stem.replace("-", " ").capitalize())
    return name, "image/png", png(_SCENES[stem.partition("-")[0]])


def png(boxes: list[Box]) -> bytes:
    """A browser's window with coloured boxes in it."""
    rows = [bytearray(bytes(_PAPER) * WIDTH) for _ in range(HEIGHT)]
    window: list[Box] = [(0, 0, WIDTH, 34, _GREY), (60, 9, 300, 16, _PAPER), (14, 12, 10, 10, _RED), *boxes]
    for x, y, width, height, colour in window:
        for row in rows[y : y + height]:
            row[3 * x : 3 * (x + width)] = bytes(colour) * width
    raw = b"".join(b"\0" + bytes(row) for row in rows)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def pdf(title: str) -> bytes:
    """One sheet with a title and the word that it is an example."""
    words = f"BT /F1 22 Tf 60 770 Td ({title}) Tj /F1 11 Tf 0 -34 Td (Cirro Hosting - documento di esempio) Tj ET"
    font = "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R {font} >>",
        f"<< /Length {len(words)} >>\nstream\n{words}\nendstream",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{one}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 5\n0000000000 65535 f \n{table}trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + end.encode()
