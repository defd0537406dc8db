"""A report from the roll-ups in the store, where they can answer it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from inbox.figures import keeper
from inbox.figures.filing import UNFINISHED
from inbox.figures.pages import StoredPages
from inbox.figures.rolls import StoredRolls
from inbox.metrics.collector import uncollected
from inbox.metrics.config import Config
from inbox.metrics.paged import PagedBook
from inbox.metrics.report import Report, report_of
from inbox.metrics.request import Request
from inbox.metrics.rolled import RolledUp
from inbox.store import FigureState, Work
from inbox.store.figures import FigureName

__all__ = ["KeptFigures", "kept"]


@dataclass(frozen=True)
class KeptFigures:
    """The current generation as one unit of work sees it: everything up to ``seq``."""

    work: Work
    state: FigureState
    config: Config

    def answers(self, request: Request) -> bool:
        """Whether the roll-ups can tell it exactly: filters within a grain, an instant after the last record, and
        no work of which only time will tell how long it was."""
        dimensions = [*request.where, *([request.by] if request.by is not None else [])]
        if request.as_of < self.state.last_rec or not RolledUp.answers(dimensions):
            return False
        under_way = select(FigureName.seq).where(
            FigureName.generation == self.state.generation,
            FigureName.kind == UNFINISHED,
            FigureName.day > request.as_of,
        )
        return self.work.execute(under_way.limit(1)).first() is None

    def report(self, request: Request) -> Report:
        """The report; ask ``answers`` first."""
        line = self.work.connection()
        with uncollected():
            book = PagedBook(self.config, StoredPages(line, self.state.generation, self.state.seq))
            book.note_shifts(request.as_of)
            return report_of(RolledUp(book, StoredRolls(line, self.state.generation), request.wanted), request)


def kept(work: Work) -> KeptFigures | None:
    """The figures that are kept, by the settings by which they were made; None until they are complete once."""
    state = keeper.current(work)
    return None if state is None else KeptFigures(work, state, Config.of(state.raw))
