"""Who may be recognised in a film now: in memory, by names that say nothing.

Clause: 6.1-4; 6.5.a; A.1-3.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from uuid import UUID

import numpy as np

from yingbi.domain.enrol_errors import NotEnrolledError
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.pseudonym import Rotation
from yingbi.domain.recognition import may_be_recognised, must_be_agreed
from yingbi.domain.subject import Subject
from yingbi.domain.template import Gallery, Member, Projection, Template
from yingbi.keys.pseudonyms import pseudonym
from yingbi.keys.templates import Templates
from yingbi.usecases.opened import Vault

NameOf = Callable[[UUID], str]


@contextmanager
def gallery_of_box(
    vault: Vault, templates: Templates, box_id: UUID, *, rotation: Rotation, day: date
) -> Iterator[Gallery]:
    """Yield all who may be recognised in a box now, by their names there; wiped afterwards.

    Consents are asked for at this moment: who withdrew is in no gallery from then on.

    Raises: SealBrokenError.
    """

    def name_of(person_id: UUID) -> str:
        return pseudonym(vault.keystore, box_id, person_id, rotation, day)

    with _gallery(vault, templates, name_of) as gallery:
        yield gallery


@contextmanager
def gallery_of(
    vault: Vault, templates: Templates, asked: Sequence[Subject]
) -> Iterator[tuple[Gallery, frozenset[str]]]:
    """Yield all who may be recognised, and the names of those who were asked for.

    The others are there as well, so that nobody is taken for the next best one.

    Raises: NotEnrolledError, NoConsentError, GuardianNeededError for one who was asked for;
        SealBrokenError.
    """
    now, ids = datetime.now(UTC), templates.ids()
    for one in asked:
        must_be_agreed(one, vault.people.consents.of(one.subject_id), now)
        if one.subject_id not in ids:
            raise NotEnrolledError(subject=one.name)
    with _gallery(vault, templates, str) as gallery:
        yield gallery, frozenset(str(one.subject_id) for one in asked)


@contextmanager
def _gallery(vault: Vault, templates: Templates, name_of: NameOf) -> Iterator[Gallery]:
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
        facts = {"people": str(len(members)), "subjects": ",".join(sorted(map(str, codes)))}
        vault.log.record(Deed(Action.FACES_COMPARED, now, facts=facts))
    try:
        yield gallery
    finally:
        gallery.wipe()
