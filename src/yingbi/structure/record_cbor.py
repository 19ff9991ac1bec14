"""A page as one map of canonical CBOR: what is sealed, and half as long as its lines.

    {"v": 2, "page": {"start", "clock", "networks"}, "records": [...]}

A record is the map that its line is. But a pose has `steps` in place of `box` and `points`: the
4 numbers of the box and the 51 of the points, each less what it was in the pose before of the
same subject in this page, or less zero. People move little between two poses, and small numbers
shrink well. The published form is `standard/record-2.cddl`.

RFC 8949 section 4.2.3. Clause: A.1-3; A.1-4.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from yingbi.domain.messages import say
from yingbi.domain.record import KEY_POINTS
from yingbi.domain.record_form import FURTHEST, SUBJECT, from_json, to_json
from yingbi.domain.record_form_checks import exactly, refuse, rows, text, whole
from yingbi.domain.record_page import Page, head_from_json, head_to_json, page_of
from yingbi.envelope.canonical import read_map, write_map
from yingbi.errors import RecordRefusedError, SealBrokenError

STEPS = 4 + 3 * KEY_POINTS
"""The numbers of a pose: x0 y0 x1 y1, then x, y and visibility of each key point."""
FURTHEST_STEP = 2 * FURTHEST
_FROM_ZERO = (0,) * STEPS


def to_cbor(page: Page) -> bytes:
    """Return the page in the one way it is written. Raises: as `to_json`."""
    records = list(_stepped(map(to_json, page.records)))
    return write_map({**head_to_json(page), "records": records})


def from_cbor(content: bytes) -> Page:
    """Return the page. Raises: RecordRefusedError unless it is just what `to_cbor` writes."""
    try:
        told = exactly(read_map(content, "a page"), "page", ("v", "page", "records"))
    except SealBrokenError as error:
        raise RecordRefusedError(reason="it is not a map in canonical CBOR") from error
    head = head_from_json({"v": told["v"], "page": told["page"]})
    if not isinstance(told["records"], list):
        refuse(say("'{field}' is not a list", field="records"))
    return page_of(head, tuple(map(from_json, _unstepped(told["records"]))))


def _stepped(records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the records, each pose told by what changed since the one before."""
    last: dict[str, list[int]] = {}
    for record in records:
        if record["kind"] != "pose":
            yield record
            continue
        whose, now = record["subject"], [*record["box"], *chain.from_iterable(record["points"])]
        steps = [to - of for to, of in zip(now, last.get(whose, _FROM_ZERO), strict=True)]
        last[whose] = now
        kept = {name: record[name] for name in ("v", "kind", "subject", "time_ms")}
        yield kept | {"steps": steps}


def _unstepped(records: Iterable[object]) -> Iterator[object]:
    """Yield the records as lines have them; what is no pose is not looked at yet."""
    last: dict[str, list[int]] = {}
    for record in records:
        if not isinstance(record, dict) or record.get("kind") != "pose":
            yield record
            continue
        pose = dict(exactly(record, "pose", ("v", "kind", "subject", "time_ms", "steps")))
        whose, steps = text(pose["subject"], "subject", SUBJECT), pose.pop("steps")
        moved = (
            whole(s, "steps", -FURTHEST_STEP, FURTHEST_STEP) for s in rows(steps, "steps", STEPS)
        )
        now = [step + of for step, of in zip(moved, last.get(whose, _FROM_ZERO), strict=True)]
        last[whose] = now
        points = [now[first : first + 3] for first in range(4, STEPS, 3)]
        yield pose | {"box": now[:4], "points": points}
