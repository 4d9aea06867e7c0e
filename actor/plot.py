"""A line chart as SVG: panels side by side that share the vertical axis, shares from 0 up.

Written by hand because a plotting library would be the largest dependency of the project.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 440, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 56, 44
COLOURS = ("#1f6feb", "#d97706", "#188038", "#8250df", "#c2255c", "#0b7285")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600;font-size:14px}"
    ".grid{stroke:#ddd}.axis{stroke:#666}"
)


@dataclass(frozen=True)
class Mark:
    """A measured share with its interval, at one place for each panel."""

    places: tuple[float, ...]
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Series:
    """Marks of one kind, joined by a line."""

    name: str
    marks: list[Mark]


def chart(title: str, panels: list[str], series: list[Series]) -> str:
    """The SVG; `panels` names the horizontal axes, which are logarithmic: places must be > 0."""
    top = _ceiling(max(mark.high for one in series for mark in one.marks))
    width = WIDTH * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{width}" height="{HEIGHT}" fill="#fff"/>',
        f'<text class="title" x="{LEFT}" y="20">{escape(title)}</text>',
        *_legend([one.name for one in series]),
    ]
    for number, name in enumerate(panels):
        parts.append(f'<g transform="translate({WIDTH * number} 0)">')
        parts += _panel(name, number, series, top)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>\n"])


def _legend(names: list[str]) -> list[str]:
    parts, x = [], LEFT
    for name, colour in zip(names, _colours(len(names)), strict=True):
        parts.append(f'<rect x="{x}" y="32" width="16" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{x + 22}" y="39">{escape(name)}</text>')
        x += 40 + 7 * len(name)
    return parts


def _panel(name: str, number: int, series: list[Series], top: float) -> list[str]:
    places = [mark.places[number] for one in series for mark in one.marks]
    first, last = min(places), max(places)
    if first == last:
        first, last = first / 2, last * 2

    def x(place: float) -> float:
        share = math.log(place / first) / math.log(last / first)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(share: float) -> float:
        return HEIGHT - BOTTOM - share / top * (HEIGHT - TOP - BOTTOM)

    floor, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for share in (top * i / 4 for i in range(5)):
        parts.append(
            f'<path class="grid" d="M{LEFT} {y(share):.1f}H{right}"/>'
            f'<text x="{LEFT - 6}" y="{y(share) + 4:.1f}" text-anchor="end">{share:.3g}</text>'
        )
    for place in log_ticks(first, last):
        parts.append(
            f'<path class="grid" d="M{x(place):.1f} {TOP}V{floor}"/>'
            f'<text x="{x(place):.1f}" y="{floor + 16}" text-anchor="middle">{place:.3g}</text>'
        )
    parts.append(f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{floor}H{right}"/>')
    middle = (LEFT + right) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(name)}</text>')
    for one, colour in zip(series, _colours(len(series)), strict=True):
        at = [(x(mark.places[number]), mark) for mark in one.marks]
        upper = [f"{px:.1f},{y(mark.high):.1f}" for px, mark in at]
        lower = [f"{px:.1f},{y(mark.low):.1f}" for px, mark in reversed(at)]
        line = " ".join(f"{px:.1f},{y(mark.share):.1f}" for px, mark in at)
        parts.append(
            f'<polygon points="{" ".join(upper + lower)}" fill="{colour}" fill-opacity=".12"/>'
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [
            f'<circle cx="{px:.1f}" cy="{y(mark.share):.1f}" r="2.5" fill="{colour}"/>'
            for px, mark in at
        ]
    return parts


def log_ticks(first: float, last: float) -> list[float]:
    """Powers of ten from `first` to `last`; 2 and 5 times them too where those are few."""
    powers = range(math.floor(math.log10(first)), math.floor(math.log10(last)) + 1)
    for steps in ((1,), (1, 2, 5), tuple(range(1, 10))):
        ticks = [step * 10.0**power for power in powers for step in steps]
        inside = [tick for tick in ticks if first <= tick <= last]
        if len(inside) >= 3:
            return inside
    return [first, last]


def _ceiling(share: float) -> float:
    """The next round number, at which a quarter is round too."""
    for step in (0.004, 0.008, 0.02, 0.04, 0.08, 0.12, 0.2, 0.4, 0.6, 0.8):
        if share <= step:
            return step
    return 1.0


def _colours(count: int) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(count)]
