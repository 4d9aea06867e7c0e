"""Keeping a history short for ever, without losing its beginning."""

from __future__ import annotations

from typing import Any


def thinned(rows: list[dict[str, Any]], most: int, whole: int = 1) -> list[dict[str, Any]]:
    """At most `most` of the rows, which have `seconds` of training, oldest first.

    The first one and the newest `whole` stay. Of those between, again and again the one goes whose
    absence leaves the smallest gap, so that they are spread evenly over the time of the run.
    """
    while len(rows) > most:
        at = [row["seconds"] for row in rows[: len(rows) - whole + 1]]
        least = min(range(1, len(at) - 1), key=lambda i: at[i + 1] - at[i - 1])
        rows = rows[:least] + rows[least + 1 :]
    return rows
