"""Joins the soft line breaks of format=flowed (RFC 3676)."""

from __future__ import annotations

__all__ = ["joined"]


def joined(text: str, *, delete_space: bool = False) -> str:
    """``text`` with its flowed lines in one piece; quote marks stay, the signature's line stays alone."""
    out: list[str] = []
    paragraph: list[str] = []
    depth = 0

    def close() -> None:
        if paragraph:
            mark = ">" * depth + " " if depth else ""
            out.append(mark + "".join(paragraph))
            paragraph.clear()

    for line in text.split("\n"):
        content = line.lstrip(">")
        level = len(line) - len(content)
        content = content.removeprefix(" ")
        if paragraph and (level != depth or content == "-- " or not content):
            close()  # a blank line ends a paragraph even where the one before forgot to
        depth = level
        if content.endswith(" ") and content != "-- ":
            paragraph.append(content[:-1] if delete_space else content)
        else:
            paragraph.append(content)
            close()
    close()
    return "\n".join(out)
