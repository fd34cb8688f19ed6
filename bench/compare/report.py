"""The table, in Markdown."""

from __future__ import annotations

import statistics

from . import rounds


def figure(value: float) -> str:
    """Three significant digits, as a person writes them."""
    if value >= 1000:
        return f"{round(value, 2 - len(str(int(value)))):,.0f}"
    return f"{value:.3g}"


def rate(work, per_second: float) -> str:
    """Frames a second and what that is in pixels."""
    size = work.side * work.side * (4 if work.dtype == "int32" else 2)
    return f"{figure(per_second)}/s, {figure(per_second * size / 1e9)} GB/s"


class Table:
    """Rows are printed as they come: a long measurement shows what it has."""

    def __init__(self, peers: list[str]) -> None:
        self._peers = peers

    def head(self) -> None:
        names = ["work", "floor", "Resonance", "until closed", *self._peers]
        print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}", flush=True)

    def row(self, work, results: dict) -> None:
        floor = results["floor"]
        cells = [work.title, f"{rate(work, statistics.median(rounds.rates(floor)))}: {work.floor}"]
        cells.append(self._cell(work, results["Resonance"], floor))
        cells.append(self._cell(work, results["Resonance"], floor, "closed_seconds") if work.kind == "append" else "")
        for peer in self._peers:
            answer = results[peer]
            if isinstance(answer, str):
                cells.append(f"n/a: {answer.replace('|', '/')}")
            else:
                cells.append(self._cell(work, answer, floor))
        print(f"| {' | '.join(cells)} |", flush=True)

    @staticmethod
    def _cell(work, answers: list[dict], floor: list[dict], key: str = "seconds") -> str:
        return f"{rate(work, statistics.median(rounds.rates(answers, key)))} (**{rounds.share(answers, floor, key):.2f}**)"
