"""What a door brings was graded as its box asks, by the vault's own policy, or is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from door_house import INFO, RAW, gate, owner
from yingbi.domain.grade_errors import SceneContradictedError, SceneDoubtfulError
from yingbi.domain.law import LawPack
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level, RawExport, RawPolicy, Scene
from yingbi.domain.part import PartKind
from yingbi.domain.tightening import decide, looked_for
from yingbi.errors import NotAuthorisedError
from yingbi.store.graded import approved_facts, graded_facts
from yingbi.usecases.watch_work import over_soon

ASKS = {"raw": RawPolicy.WHOLE, "raw_export": RawExport.OWNER, "tighten": ("text.id-number",)}


@pytest.mark.parametrize(
    ("labels", "looked_at", "original", "taken"),
    [
        (("body",), True, "kept", True),
        (("body",), False, "kept", False),
        (("body", "text.id-number"), True, "withheld", False),
        (("body", "text.id-number"), True, "kept", False),
        (("body",), True, "seen on 5 May", False),
    ],
)
def test_a_door_brings_no_original_that_its_box_withholds(
    tmp_path, labels, looked_at, original, taken
):
    there = gate(tmp_path, "intl", Level.RAW_ON_RELEASE, **ASKS)
    wanted = there.box.policy
    looked_names = looked_for(wanted) if looked_at else ("biometric.face", "body")
    facts = graded_facts(looked_names, decide(wanted, ())) | {"original": original}
    info = replace(INFO, labels=labels, extra=facts)
    object_id = there.leave(info=info, kinds=(PartKind.MASKED, PartKind.RAW))
    assert there.found([]) == ([object_id] if taken else [])
    assert len(there.refused) == int(not taken)
    assert RAW not in b"".join(path.read_bytes() for path in there.refused)


def test_under_a_law_a_door_must_say_that_handling_rose(tmp_path):
    law = {**ASKS, "scene": Scene.CITY, "law": LawPack.PUBLIC_SECURITY}
    there = gate(tmp_path, "intl", Level.RAW_ON_RELEASE, **law)
    wanted, labels = there.box.policy, ("text.id-number",)
    told = graded_facts(looked_for(wanted), decide(wanted, labels))
    for facts, taken in ((told, 1), (told | {"original": "kept"}, 1), (told | {"because": ""}, 1)):
        info = replace(INFO, labels=labels, extra=facts)
        there.leave(info=info, kinds=(PartKind.MASKED, PartKind.RAW))
        assert len(there.found([])) == taken
    with owner(there.vault) as vault:
        (stored,) = vault.rooms.catalogue.find()
        actions = [
            e.deed.action for e in vault.log.entries() if e.deed.object_id == stored.object_id
        ]
        assert actions == [Action.GRADED, Action.PROTECTED, Action.DELIVERED]


def test_a_door_answers_for_no_scene_and_writes_no_words_of_its_own_into_the_open_log(tmp_path):
    there = gate(tmp_path)
    facts = graded_facts(("body", "Lin was here"), decide(there.box.policy, ()))
    there.leave(info=replace(INFO, labels=("body",), extra=facts | approved_facts("Lin", "so")))
    assert there.found([]) == []
    assert len(there.refused) == 1
    alien = facts | {"original": "Lin", "rule": "was", "handled_as_level": "here"}
    there.leave(info=replace(INFO, labels=("body",), extra=alien))
    there.leave(info=replace(INFO, labels=("body",), extra={"looked": "body"}))
    assert len(there.found([])) == 2
    with owner(there.vault) as vault:
        told = [e.deed for e in vault.log.entries() if e.deed.action is Action.GRADED]
    assert [(one.purpose, one.facts) for one in told] == [("+body", {}), ("+body", {})]


def test_a_watcher_lays_a_refused_source_aside_and_does_not_wait_for_it():
    facts = {"path": Path("a"), "scene": "city", "seen": "home", "signs": "bed"}
    for refused in (SceneContradictedError, SceneDoubtfulError):
        assert not over_soon(refused(**facts, floor=1, words="structured only"))
    assert over_soon(NotAuthorisedError(reason="x")), "the control"
