"""Who may be recognised in a film now: in memory, by names that say nothing.

Clause: 6.1-4; 6.5.a; A.1-3.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import numpy as np

from yingbi.domain.box import Box
from yingbi.domain.enrol_errors import NotEnrolledError
from yingbi.domain.household import Household
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.recognition import may_be_recognised, must_be_agreed
from yingbi.domain.subject import Subject, covered
from yingbi.domain.template import Gallery, Member, Projection, Template
from yingbi.keys.pseudonyms import Pseudonyms
from yingbi.keys.templates import Templates
from yingbi.usecases.opened import Vault

NameOf = Callable[[UUID], str]


@dataclass(frozen=True, slots=True)
class Circle:
    """Who may be recognised in a film. people: by name in the box, who they are."""

    household: Household
    people: Mapping[str, Subject]


@contextmanager
def circle_of_box(
    vault: Vault, templates: Templates, box: Box, *, day: date, film: str
) -> Iterator[Circle]:
    """Yield all who may be recognised in a box now, by their names of that day; wiped afterwards.

    Consents are asked for at this moment: who withdrew is in no circle from then on.
    film: SHA-256 of what they are looked for in, for the log.

    Raises: SealBrokenError; ValueError where the box wants nobody to have a name.
    """
    rotation = box.policy.detail.names
    if rotation == "none":
        raise ValueError("the box wants nobody to have a name")
    names = Pseudonyms(vault.keystore, box.box_id, rotation)
    now = datetime.now(UTC)
    people = {names.on(one.subject_id, day): one for one in vault.people.subjects.all()}
    called = {one.subject_id: name for name, one in people.items()}
    with _gallery(vault, templates, called.__getitem__, film) as gallery:
        mine = {one.name: people[one.name] for one in gallery.members}
        consents = vault.people.consents
        agreed = {
            name: covered(one, consents.of(one.subject_id), now) for name, one in mine.items()
        }
        minors = frozenset(name for name, one in mine.items() if one.minor)
        yield Circle(Household(gallery, agreed, minors), mine)


@contextmanager
def gallery_of(
    vault: Vault, templates: Templates, asked: Sequence[Subject], *, film: str
) -> Iterator[tuple[Gallery, frozenset[str]]]:
    """Yield all who may be recognised, and the names of those who were asked for.

    The others are there as well, so that nobody is taken for the next best one.
    film: SHA-256 of what they are looked for in, for the log.

    Raises: NotEnrolledError, NoConsentError, GuardianNeededError for one who was asked for;
        SealBrokenError.
    """
    now, ids = datetime.now(UTC), templates.ids()
    for one in asked:
        must_be_agreed(one, vault.people.consents.of(one.subject_id), now)
        if one.subject_id not in ids:
            raise NotEnrolledError(subject=one.name)
    with _gallery(vault, templates, str, film) as gallery:
        yield gallery, frozenset(str(one.subject_id) for one in asked)


@contextmanager
def _gallery(vault: Vault, templates: Templates, name_of: NameOf, film: str) -> Iterator[Gallery]:
    """Yield everybody who is enrolled and still agrees; the log is told that they are looked for."""
    now, kept = datetime.now(UTC), templates.ids()
    ids = [
        one.subject_id
        for one in vault.people.subjects.all()
        if one.subject_id in kept
        and may_be_recognised(one, vault.people.consents.of(one.subject_id), now)
    ]
    codes = templates.of(vault.people.subjects.locks.info_keys(ids))
    members = tuple(
        Member(name_of(person_id), Template(np.frombuffer(one, np.int8).copy()))
        for person_id, one in codes.items()
    )
    gallery = Gallery(Projection.drawn(templates.stream()), members)
    if members:
        facts = {
            "people": str(len(members)),
            "subjects": ",".join(sorted(map(str, codes))),
            "film": film,
        }
        vault.log.record(Deed(Action.FACES_COMPARED, now, facts=facts))
    try:
        yield gallery
    finally:
        gallery.wipe()
