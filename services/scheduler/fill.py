"""How full a queue is kept: about what its workers take in a few seconds, so that news stands behind no long line."""

from dataclasses import dataclass

from shared.queue import SHORT_LINE


@dataclass(slots=True)
class Fill:
    """The mark that one queue is filled to; it follows the pace of its workers, and is looked at once a second."""

    mark: int = SHORT_LINE
    was_filled: bool = False  # to the mark, at the last look: else an empty queue says nothing about the pace
    polls_first: bool = False  # the last time: sources and articles take turns, or many sources would starve the pages

    def room(self, waiting: int, most: int) -> int:
        """How many messages to add to so many that wait; the mark is never over `most`.

        Emptied since: twice as many from now on. Hardly touched: half as many, a short line at least.
        """
        if self.was_filled and waiting <= self.mark // 4:
            self.mark *= 2
        elif waiting >= self.mark - self.mark // 4:
            self.mark = max(SHORT_LINE, self.mark // 2)
        self.mark = min(self.mark, most)
        return max(0, self.mark - waiting)
