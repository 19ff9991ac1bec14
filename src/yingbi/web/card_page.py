"""A model card as one file of HTML: no script, no picture, nothing from outside.

All that is drawn is reckoned here as numbers; `templates/card.html` puts them in place.

Clause: 6.2.4.a.2-1; 6.2.4.a.3-1; 6.2.4.a.3-3.
"""

from typing import Any, BinaryIO

from yingbi.domain import card_words as words
from yingbi.domain.interval import wilson
from yingbi.domain.messages import use_language
from yingbi.domain.model_card import Card, Counted, Curve, Explanation
from yingbi.web.pages import environment, spoken

WIDE, HIGH = 240, 120
"""Of a chart, in units of its own."""
AXIS = {"blur": "{} %", "rotation": "{}°", "occlusion": "{} %"}
"""How strengths are written below a chart, where there is little room."""
ROUND = ("face", "identity")
"""What is drawn as a head; all else is a box."""


def write_card(card: Card, signer: str, out: BinaryIO, language: str) -> None:
    """Write the page of a card, as UTF-8. signer: the fingerprint of the key that signed it.

    language: "en" or "zh".
    """
    before = spoken()
    use_language(language)
    try:
        text = environment().get_template("card.html").render(_facts(card, signer))
    finally:
        use_language(before)
    out.write(text.encode("utf-8"))


def _facts(card: Card, signer: str) -> dict[str, Any]:
    tellers, groups = words.tellers(), words.groups()
    measures, attacks = words.measures(), words.attacks()
    return {
        "card": card,
        "signer": signer,
        "need": words.needs().get(card.need, card.need),
        "data": words.data_words(card),
        "settings": [
            (words.settings().get(name, name), value) for name, value in card.settings.items()
        ],
        "verdict": card.verdict(card.least),
        "found": words.percent(card.recall),
        "rows": [_bar(measures.get(name, name), one) for name, one in card.accuracy.items()],
        "curves": [_chart(curve) for curve in card.curves],
        "groupings": [
            (
                tellers.get(one.by, one.by),
                [_bar(groups.get(name, name), counted) for name, counted in one.groups],
            )
            for one in card.groupings
        ],
        "unlabelled": [tellers.get(one, one) for one in card.unlabelled],
        "attacks": [
            (attacks.get(one.kind, one.kind), one.tries, _bar("", one.lost), _bar("", one.control))
            for one in card.attacks
        ],
        "map": None if card.explanation is None else _map(card.explanation),
        "round": card.need in ROUND,
        "wide": WIDE,
        "high": HIGH,
    }


def _bar(name: str, counted: Counted) -> dict[str, Any]:
    """Return a share as a bar with its interval, in percent."""
    low, high = (round(100 * edge, 2) for edge in wilson(counted.hits, counted.of))
    return {
        "name": name,
        "share": round(100 * counted.share, 2),
        "low": low,
        "long": round(high - low, 2),
        "told": words.percent(counted),
        "between": words.between(counted),
        "counted": counted,
    }


def _chart(curve: Curve) -> dict[str, Any]:
    """Return a curve as places in a chart: its line, the band of its intervals, its points."""
    way, unit = words.ways().get(curve.kind, (curve.kind, "{strength}"))
    steps = max(len(curve.points) - 1, 1)
    across = [round(WIDE * at / steps, 1) for at in range(len(curve.points))]
    edges = [wilson(one.hits, one.of) for _, one in curve.points]
    points = [
        (
            x,
            _up(one.share),
            f"{100 * one.share:.0f}",
            AXIS.get(curve.kind, "{}").format(f"{strength:g}") if strength else "",
        )
        for x, (strength, one) in zip(across, curve.points, strict=True)
    ]
    low = [f"{x},{_up(edge[0])}" for x, edge in zip(across, edges, strict=True)]
    high = [f"{x},{_up(edge[1])}" for x, edge in zip(across, edges, strict=True)]
    worst = unit.format(strength=f"{curve.points[-1][0]:g}") if curve.points else ""
    return {
        "way": way,
        "worst": worst,
        "line": " ".join(f"{x},{y}" for x, y, *_ in points),
        "band": " ".join([*high, *reversed(low)]),
        "points": points,
    }


def _up(share: float) -> float:
    return round(HIGH * (1 - share), 1)


def _map(explanation: Explanation) -> dict[str, Any]:
    """Return the cells of the map in shares of its side, the darkest for the greatest fall."""
    rows = explanation.falls
    most = max((max(row) for row in rows), default=0.0)
    size = round(100 / len(rows[0]), 3), round(100 / len(rows), 3)
    around = explanation.around / (1 + 2 * explanation.around)
    return {
        "of": explanation.of,
        "most": f"{100 * most:.0f}",
        "size": size,
        "box": (round(100 * around, 2), round(100 * (1 - 2 * around), 2)),
        "cells": [
            (round(x * size[0], 3), round(y * size[1], 3), round(value / most, 3) if most else 0.0)
            for y, row in enumerate(rows)
            for x, value in enumerate(row)
        ],
    }
