"""Times, counted in classes that grow by 5 %: a quantile is at most 5 % too high, in little memory."""

from math import ceil, log

GROWTH = 1.05
FLOOR_S = 1e-5  # whatever is quicker counts as this
BARS = "▁▂▃▄▅▆▇█"
BAR_FIRST_S = 1e-4  # a row of bars begins at 0.1 ms
BARS_OF_DECADE = 3
DECADES = 5  # up to 10 s; what is slower counts in the last bar


class Histogram:
    """`counts`: how many times there are in each class, by its number. `total` and `most_s` are exact."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.total = 0
        self.most_s = 0.0

    def add(self, seconds: float) -> None:
        """Counts a time."""
        number = ceil(log(max(seconds, FLOOR_S) / FLOOR_S, GROWTH))
        self.counts[number] = self.counts.get(number, 0) + 1
        self.total += 1
        self.most_s = max(self.most_s, seconds)

    def quantile_s(self, share: float) -> float:
        """The time that this share of all times does not exceed, in seconds; 0 if there are none."""
        left = ceil(share * self.total)
        for number in sorted(self.counts):
            left -= self.counts[number]
            if left <= 0:
                return min(upper_s(number), self.most_s)
        return 0.0

    def classes(self) -> list[tuple[float, int]]:
        """The upper end of each class that is not empty, in seconds, and how many times are in it."""
        return [(upper_s(number), self.counts[number]) for number in sorted(self.counts)]

    def bars(self) -> str:
        """A row of bars on a logarithmic scale from 0.1 ms to 10 s. No bar: nothing in it."""
        columns = [0] * (BARS_OF_DECADE * DECADES)
        for seconds, count in self.classes():
            column = int(log(max(seconds / BAR_FIRST_S, 1), 10) * BARS_OF_DECADE)
            columns[min(column, len(columns) - 1)] += count
        highest = max(*columns, 1)
        return "".join(BARS[(len(BARS) - 1) * count // highest] if count else " " for count in columns)


def upper_s(number: int) -> float:
    """The upper end of a class, in seconds."""
    return FLOOR_S * float(GROWTH**number)
