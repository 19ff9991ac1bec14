"""Knowing people again, examined: each picture before templates that were made without it.

Clause: 6.1-4; 6.2.4.a.3-1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from yingbi.crypto.suite import suite
from yingbi.detect.embedding import FaceReader
from yingbi.detect.faces import FaceFinder
from yingbi.domain.face import FaceLook
from yingbi.domain.model_card import Counted
from yingbi.domain.region import CLEAR_SIGHT, area
from yingbi.domain.template import STREAM_BYTES, Gallery, Member, Projection, Template
from yingbi.domain.truth import Sample, Truth
from yingbi.examine.examinee import Naming
from yingbi.media.still import read_still
from yingbi.structure.known import Rule

EACH = 5
"""Pictures at most of which a template is made."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """People ready to be told apart. strangers: those taken for somebody in a gallery without them."""

    examinee: Naming = field(repr=False)
    samples: tuple[Sample, ...] = field(repr=False)
    strangers: Counted


def drawn(key: int) -> Projection:
    """Return the projection of a key that is made for measuring."""
    stream = suite("intl").hkdf(key.to_bytes(32), info=b"yingbi bench", length=STREAM_BYTES)
    return Projection.drawn(stream)


def line_up(samples: Iterable[Sample], finder: FaceFinder, reader: FaceReader) -> Line:
    """Return the people of the samples, whose truths say who they are; pictures without a face are left out.

    Looks are wiped once templates are made of them. Raises: what reading stills raises.
    """
    seen: list[tuple[Sample, Truth, FaceLook]] = []
    for sample in samples:
        (truth,), frame = sample.truths, read_still(sample.path)
        boxes = [one.box for one in finder.find(frame) if one.score >= CLEAR_SIGHT]
        look = reader.read(frame, max(boxes, key=area)) if boxes else None
        if look is not None:
            seen.append((sample, replace(truth, box=max(boxes, key=area)), look))
    names = [truth.name for _, truth, _ in seen]
    looks = [look for _, _, look in seen]
    by, rule = drawn(1), Rule()
    galleries, taken = {}, 0
    members = {name: Member(name, _template(looks, names, name, -1, by)) for name in set(names)}
    for at, name in enumerate(names):
        others = tuple(member for one, member in members.items() if one != name)
        taken += rule.named(Gallery(by, others).nearest(looks[at].vector)) is not None
        if names.count(name) > 1:
            own = Member(name, _template(looks, names, name, at, by))
            galleries[str(at)] = (name, Gallery(by, (*others, own)))
    for look in looks:
        look.wipe()
    ready = tuple(
        replace(sample, truths=(replace(truth, name=str(at)),))
        for at, (sample, truth, _) in enumerate(seen)
        if str(at) in galleries
    )
    return Line(Naming(reader, rule, galleries), ready, Counted(taken, len(names)))


def _template(
    looks: Sequence[FaceLook], names: Sequence[str], name: str, but: int, by: Projection
) -> Template:
    own = [look for at, look in enumerate(looks) if names[at] == name and at != but]
    return Template.of([one.vector for one in own[:EACH]], by)
