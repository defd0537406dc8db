"""Separates what somebody wrote from what their mail program quoted; linear in the length of the mail."""

from __future__ import annotations

import re

from connectors.email import quoting

__all__ = ["reply"]

MAX_HEADER_LINES = 5  # over which a program may spread "On … wrote:"
MAX_BLOCK_LINES = 14  # of a header block, empty lines and long Cc lines counted
MAX_LINE = 1_000  # longer lines are no announcement

_OTHER_QUOTE = re.compile(r"\|\s?>|&gt;")
_MARKS = frozenset(">|&-_=*#")
_FORWARDING = re.compile(r"\s*(?:fwd?|i|inoltr[ao]|wg|tr|rv|enc|vs)\s*:", re.IGNORECASE)
_LIST_FOOTER = re.compile(r"^_{20,}+[ \t]*\n[^\n]{0,200}(?:mailing list|lista)\b", re.IGNORECASE | re.MULTILINE)
_PGP_HEAD = re.compile(r"\A\s*-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Za-z]+:[^\n]*\n)*\n")
MAX_SIGNATURE = 15


def reply(text: str, subject: str = "") -> str:
    """The part of ``text`` that its sender wrote: without quotations, the lines that announce them, the signature
    below ``-- `` and what telephones add. A forwarded mail is kept. Where nothing is left, all of it."""
    if "-----BEGIN PGP SIG" in text:
        text = _PGP_HEAD.sub("", text).partition("\n-----BEGIN PGP SIGNATURE-----\n")[0]
    written = text.split("\n")
    mail = _Mail(written, forwarding=bool(_FORWARDING.match(subject)))
    visible = "\n".join(written[index] for index in mail.signed_off(mail.unquoted())).strip()
    if "____" in visible and (footer := _LIST_FOOTER.search(visible)):
        visible = visible[: footer.start()].rstrip()
    return visible or text.strip()


class _Mail:
    """A mail's lines, with what is cheap to know of each: whether it is quoted, whether a colon is near."""

    def __init__(self, written: list[str], *, forwarding: bool) -> None:
        # Only to be looked at: blanks that programs put in for their own reasons must not hide an announcement.
        self.lines = [line if line.isascii() else line.replace("\xa0", " ").replace("\u200b", "") for line in written]
        self.forwarding = forwarding
        first = [line.lstrip()[:1] for line in self.lines]
        self.quoted = [
            mark == ">" or (mark in {"|", "&"} and _OTHER_QUOTE.match(line.lstrip()) is not None)
            for mark, line in zip(first, self.lines, strict=True)
        ]
        # Announcements begin with a mark or end, soon, with a colon; all other lines are spared the patterns.
        self.suspect = [bool(mark) and mark in _MARKS for mark in first]
        for index, line in enumerate(self.lines):
            if ":" in line or "\uff1a" in line:
                for near in range(max(index - MAX_HEADER_LINES + 1, 0), index + 1):
                    self.suspect[near] = True

    def unquoted(self) -> list[int]:
        """The lines that are neither quoted nor announce a quotation, by their numbers."""
        lines = self.lines
        kept: list[int] = []
        index = 0
        dropped = False
        many = sum(self.quoted) > 1
        while index < len(lines):
            line = lines[index]
            if self.suspect[index] and len(line) <= MAX_LINE:
                if quoting.FORWARDED.match(line):
                    return [*kept, *range(index, len(lines))]
                first = self._first_quoted(index)
                if (begin := self._rest_is_quoted(index, first)) is not None:
                    return [one for one in kept if one < begin]
                if first and quoting.FORWARDED.match(lines[first]):
                    return [*kept, *range(first, len(lines))]
                if first or (self.quoted[index] and (many or not kept)):
                    index, dropped = self._after_quotation(first or index), True
                    continue
            if dropped and line.strip():
                self._close_gap(kept)
                dropped = False
            kept.append(index)
            index += 1
        return kept

    def _close_gap(self, kept: list[int]) -> None:
        """Leaves one empty line where a quotation stood."""
        while len(kept) > 1 and not self.lines[kept[-1]].strip() and not self.lines[kept[-2]].strip():
            kept.pop()

    def signed_off(self, kept: list[int]) -> list[int]:
        """``kept`` without a signature below its mark and without what telephones and free services add."""
        filled = [at for at, index in enumerate(kept) if self.lines[index].strip()]
        left = len(filled)
        for at in filled[1:]:
            line = self.lines[kept[at]]
            left -= 1
            if line == "-- " or (line in {"--", "—"} and left <= MAX_SIGNATURE):
                kept = kept[:at]
                break
        end = len(kept)
        while end and (not self.lines[kept[end - 1]].strip() or _is_added(self.lines[kept[end - 1]])):
            end -= 1
        return kept[:end]

    def _rest_is_quoted(self, index: int, first: int | None) -> int | None:
        """Where the original begins if everything from here on is quoted, at ``index`` or a little before it."""
        line = self.lines[index]
        if first == 0 or quoting.REPLY_ABOVE.match(line) or quoting.ORIGINAL.match(line):
            return index
        return None if self.forwarding or first else self._block_start(index)

    def _first_quoted(self, index: int) -> int | None:
        """The first quoted line below "On … wrote:" if that begins at ``index``; 0 if what follows bears no marks."""
        end = self._announced(index)
        if not end:
            return None
        after = self._next_filled(end)
        return after if after is not None and self.quoted[after] else 0

    def _next_filled(self, index: int) -> int | None:
        return next((at for at in range(index, min(index + 6, len(self.lines))) if self.lines[at].strip()), None)

    def _after_quotation(self, index: int) -> int:
        """Where the quotation that begins at ``index`` ends. A short line between two quoted ones is the overflow of
        a long one that a program broke without marking the second half."""
        lines, quoted = self.lines, self.quoted
        while index < len(lines):
            if not quoted[index]:
                long_before = len(lines[index - 1]) > 60 and 0 < len(lines[index].strip()) < 40
                if not (long_before and index + 1 < len(lines) and quoted[index + 1]):
                    return index
            index += 1
        return index

    def _announced(self, index: int) -> int:
        """The line after "On … wrote:" if it begins at ``index``, else 0."""
        first = self.lines[index].strip()
        if not first or self.quoted[index]:
            return 0
        begins = quoting.BEGINNING.match(first) is not None
        if begins and quoting.GLUED.match(first):
            return index + 1
        for end in range(index + 1, min(index + (MAX_HEADER_LINES if begins else 2), len(self.lines) + 1)):
            last = self.lines[end - 1].strip()
            if not last:
                return 0
            if last.endswith((":", "\uff1a")) and self._announces(index, end, begins=begins):
                return end
        return 0

    def _announces(self, index: int, end: int, *, begins: bool) -> bool:
        """Whether the lines up to ``end`` say who wrote what follows, and not just that somebody did."""
        joined = " ".join(line.strip() for line in self.lines[index:end])
        if len(joined) > MAX_LINE or not quoting.VERB.search(joined):
            return False
        after = self._next_filled(end)
        if "@" in joined or (after is not None and self.quoted[after]):
            return True
        return begins and quoting.DAY.search(joined) is not None and quoting.TIME.search(joined) is not None

    def _block_start(self, index: int) -> int | None:
        """Where the header block of an original begins if ``index`` is its From line: at the rule above it, if any."""
        lines = self.lines
        found = quoting.FROM_LABEL.match(lines[index])
        if found is None:
            return None
        block = [
            line for line in lines[index + 1 : index + 1 + MAX_BLOCK_LINES] if ":" in line and len(line) <= MAX_LINE
        ]
        has_date, has_to, has_subject = (
            any(label.match(line) for line in block)
            for label in (quoting.DATE_LABEL, quoting.TO_LABEL, quoting.SUBJECT_LABEL)
        )
        has_address = "@" in (found[1] or "")
        if not (has_subject and (has_date or has_to)) and not (has_address and has_date and has_to):
            return None
        start = index
        while start > 0 and (not lines[start - 1].strip() or quoting.ABOVE_BLOCK.match(lines[start - 1])):
            start -= 1
        return start


def _is_added(line: str) -> bool:
    if len(line) > 200:
        return False
    return quoting.MOBILE.match(line) is not None and quoting.ADVERTISEMENT.search(line) is not None
