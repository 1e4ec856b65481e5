"""The reliability curve as a picture: what was said of pairs against what was so."""

from collections.abc import Sequence

from service.matching.calibrate import Bin

SIDE, LEFT, TOP = 400, 60, 20
LARGEST_DOT = 16.0
ABOUT = "Confidence against the share of pairs that are one company"
_STYLE = """
  svg { color-scheme: light dark; --ink: #1f2933; --line: #c6ccd2; --dot: #1264a3; }
  @media (prefers-color-scheme: dark) { svg { --ink: #e6e9ec; --line: #4a535c; --dot: #6db7f2; } }
  text { fill: var(--ink); font: 13px system-ui, sans-serif; }
  .frame, .grid { stroke: var(--line); fill: none; }
  .even { stroke: var(--ink); stroke-dasharray: 4 4; }
  .curve { stroke: var(--dot); stroke-width: 2; fill: none; }
  .dot { fill: var(--dot); fill-opacity: .55; stroke: var(--dot); }
"""


def drawn(bins: Sequence[Bin]) -> str:
    """An SVG: confidence to the right, share of one company upwards, dots as large as the number of pairs."""
    most = max((one.cases for one in bins), default=1.0)
    places = [(_x(one.said), _y(one.was), LARGEST_DOT * (one.cases / most) ** 0.5) for one in bins]
    ticks = [number / 5 for number in range(6)]
    grid = [f'<path class="grid" d="M{_x(t):.1f} {_y(0):.1f}V{_y(1):.1f}M{_x(0):.1f} {_y(t):.1f}H{_x(1):.1f}"/>' for t in ticks]  # fmt: skip
    labels = [
        f'<text x="{_x(t):.1f}" y="{_y(0) + 20:.1f}" text-anchor="middle">{t:.1f}</text>' for t in ticks
    ]
    labels += [
        f'<text x="{_x(0) - 8:.1f}" y="{_y(t) + 4:.1f}" text-anchor="end">{t:.1f}</text>' for t in ticks
    ]
    curve = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in places)
    dots = [
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{max(r, 2):.1f}"><title>said {one.said:.2f}, so {one.was:.2f}, {one.cases:.0f} pairs</title></circle>'
        for (x, y, r), one in zip(places, bins, strict=True)
    ]
    width, height = LEFT + SIDE + 20, TOP + SIDE + 55
    middle = _x(0.5)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{ABOUT}">',
            f"<style>{_STYLE}</style>",
            *grid,
            f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/>',
            f'<path class="even" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>',
            f'<path class="curve" d="{curve}"/>' if places else "",
            *dots,
            *labels,
            f'<text x="{middle:.1f}" y="{_y(0) + 44:.1f}" text-anchor="middle">confidence that was said</text>',
            f'<text transform="translate(18 {_y(0.5):.1f}) rotate(-90)" text-anchor="middle">share that is one company</text>',
            "</svg>\n",
        ]
    )


def _x(share: float) -> float:
    return LEFT + SIDE * share


def _y(share: float) -> float:
    return TOP + SIDE * (1 - share)
