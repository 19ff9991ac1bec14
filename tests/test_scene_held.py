"""A box's scene against what its sources show, and one rule for `grade` and `protect`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from door_house import owner
from films import portrait
from graded_house import SIGN, Looks, last_second_film, protected
from networks import as_frame, models_dir
from vault_house import new_vault
from yb import with_vault
from yingbi.bootstrap import home_of_box, load_settings, looking_in, record_networks
from yingbi.domain.box import BoxPolicy
from yingbi.domain.data_class import BY_NAME, CLASSES, Sign
from yingbi.domain.grade_errors import SceneContradictedError, SceneDoubtfulError
from yingbi.domain.law import LawPack
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level, RawExport, RawPolicy, Scene
from yingbi.domain.region import KEPT, Pace, Region, Target
from yingbi.domain.report import Tally
from yingbi.domain.retention import Retention, RetentionClass
from yingbi.domain.tightening import (
    HOME,
    Original,
    can_tighten,
    decide,
    looked_for,
    normal,
    targets_of,
    tightening_entry,
    tightening_of,
)
from yingbi.errors import UnmaskableError, UsageError, YingbiError
from yingbi.grade.classes import classes
from yingbi.grade.home import judge
from yingbi.media.probe import Source
from yingbi.pipeline.engine import Reel, open_reel
from yingbi.pipeline.open_grade import OpenGrade
from yingbi.standard.catalogue import entry
from yingbi.usecases.asked import tightening
from yingbi.usecases.box import create_box, policy
from yingbi.usecases.grade import Finding, Grading
from yingbi.usecases.opened import Vault

SURE, DOUBT, NOTHING = {"bed": 0.9, "sink": 0.9}, {"couch": 0.3}, dict[str, float]()
COMMUNITY = BoxPolicy(
    Level.RAW_ON_RELEASE, Scene.COMMUNITY, RawPolicy.WHOLE, RawExport.OWNER, ("identity",)
)

# --- at `protect` --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return last_second_film(tmp_path_factory.mktemp("scene") / "film.mp4", SIGN)


@contextmanager
def house(path: Path, wanted: BoxPolicy = COMMUNITY) -> Iterator[tuple[Vault, object]]:
    with owner(new_vault(path / "vault")) as vault:
        yield vault, create_box(vault, "gate", wanted)


def must_hold_nothing(vault: Vault) -> None:
    assert vault.rooms.catalogue.find() == []
    assert list(vault.rooms.shelf.names()) == []
    assert vault.rooms.locks.object_ids() == set()
    assert vault.rooms.shelf.marks() == []


def test_a_home_declared_as_a_community_is_refused_and_nobody_can_answer_for_it(tmp_path, film):
    with house(tmp_path) as (vault, box):
        looks = Looks(SURE)
        for said in ({}, {"approver": "Lin", "why": "a show flat"}):
            with pytest.raises(SceneContradictedError):
                protected(vault, box, film, home=looks, **said)
            must_hold_nothing(vault)
        assert looks.times == 2, "it is refused at the first look, not after hours"


def test_what_may_be_a_home_needs_somebody_who_answers_and_the_log_keeps_who_and_why(
    tmp_path, film
):
    with house(tmp_path) as (vault, box):
        with pytest.raises(SceneDoubtfulError):
            protected(vault, box, film, home=Looks(DOUBT))
        must_hold_nothing(vault)
        said = {"approver": "Lin Lingling", "why": "the hall of the house"}
        answered = protected(vault, box, film, home=Looks(DOUBT), **said)
        plain = protected(vault, box, film, home=Looks(NOTHING), **said)
        deeds = [one.deed for one in vault.log.entries()]
        (approved,) = [one for one in deeds if one.action is Action.SCENE_APPROVED]
        assert approved.object_id == answered.object_id, "where nothing was in doubt nobody answers"
        assert approved.purpose == "Lin Lingling: the hall of the house"
        stored = vault.rooms.catalogue.get(answered.object_id)
        assert HOME in stored.info.labels
        assert HOME not in vault.rooms.catalogue.get(plain.object_id).info.labels
        actions = [one.action for one in deeds if one.object_id == answered.object_id]
        assert actions == [Action.GRADED, Action.SCENE_APPROVED, Action.PROTECTED]
        assert b"Lingling" not in b"".join(p.read_bytes() for p in vault.folder.path.glob("*.db*"))


def test_a_home_tightens_where_a_policy_says_so_and_no_scene_is_declared(tmp_path, film):
    wanted = BoxPolicy(
        Level.RAW_ON_RELEASE, None, RawPolicy.WHOLE, RawExport.OWNER, ("identity",), tighten=(HOME,)
    )
    with house(tmp_path, wanted) as (vault, box):
        done = protected(vault, box, film, home=Looks(DOUBT))
        assert (done.verdict.original, done.verdict.because) == (Original.WITHHELD, (HOME,))


def test_who_looks_for_a_home_and_fails_refuses_the_source(tmp_path, film):
    class Failing:
        def look(self, _frame):
            raise ValueError("secret")

    with house(tmp_path) as (vault, box):
        with pytest.raises(UnmaskableError) as refused:
            protected(vault, box, film, home=Failing())
        assert "secret" not in str(refused.value)
        must_hold_nothing(vault)


@pytest.mark.evaluation
@pytest.mark.parametrize(
    ("place", "refused"),
    [("home_fall/*.mp4", True), ("video/towncentre*.mp4", False), ("street/*.jpg", False)],
)
def test_a_room_declared_as_a_community_is_stopped_and_a_street_is_not(eval_data, place, refused):
    source = min(eval_data.glob(place))
    there = load_settings({"models.dir": str(models_dir())})
    with open_reel(source) as reel:
        shown = replace(reel, frames=islice(reel.frames, 60))
        grade = OpenGrade(COMMUNITY, shown, home_of_box(there, COMMUNITY))
        assert sum(1 for _ in grade.watched().frames)
        if refused:
            with pytest.raises(SceneDoubtfulError):
                grade.close(Tally())
        else:
            assert grade.close(Tally()).keeps


# --- one rule for both ---------------------------------------------------------------------------


class Stub:
    """A finder that finds what it is told, wherever it is asked."""

    kinds, pace = frozenset(Target), Pace.QUICK

    def __init__(self, regions: list[Region]) -> None:
        self._regions = regions

    def find(self, _frame, _part=None):
        return self._regions


FOUND = [one.name for one in can_tighten() if one.evidence not in (None, Sign.THINGS)]
policies = st.builds(
    BoxPolicy,
    st.sampled_from(Level),
    st.sampled_from([None, *Scene]),
    st.sampled_from(RawPolicy),
    st.sampled_from(RawExport),
    tighten=st.sets(st.sampled_from([one.name for one in can_tighten()])).map(normal),
    law=st.sampled_from([None, *LawPack]),
)
looked = st.lists(st.sampled_from([NOTHING, DOUBT, SURE, {"chair": 0.9}]), min_size=1, max_size=4)


@settings(max_examples=300)
@given(policies, st.sets(st.sampled_from(FOUND)), looked)
def test_grade_and_protect_say_the_same_of_the_same_findings(wanted, names, looks):
    if any(BY_NAME[name].evidence is Sign.READ for name in names):
        names |= {"text"}  # what is read is a line
    assert outcome(lambda: graded(wanted, names, looks)) == outcome(
        lambda: protected_by(wanted, names, looks)
    )


def graded(wanted, names, looks):
    findings = tuple(Finding(BY_NAME[name], 0.0, 0.0, 0.0, 1.0) for name in names)
    seen = judge(looks) if HOME in looked_for(wanted) else judge([])
    return Grading(Path("a.mp4"), findings, seen, len(looks), 0.5).verdict(wanted)


def protected_by(wanted, names, looks):
    """Let a finder find the classes in frames that go by, as `protect` does."""
    frames = [as_frame(np.zeros((16, 16, 3), np.uint8))] * len(looks)
    numbered = [type(frame)(**{**fields(frame), "index": n}) for n, frame in enumerate(frames)]
    source = Source(Path("a.mp4"), "still", "image/png", 16, 16, None, 0.0, 0, has_audio=False)
    grade = OpenGrade(wanted, Reel(source, None, numbered), Looks(*looks))
    (finder,) = grade.finders([Stub([region_of(name) for name in names])])
    for frame in grade.watched().frames:
        finder.find(frame)
    return grade.close(Tally())


def fields(frame):
    return {name: getattr(frame, name) for name in frame.__dataclass_fields__}


def region_of(name: str) -> Region:
    """Return a region of which the class is told; in private text it is read."""
    of = BY_NAME[name]
    if isinstance(of.evidence, Target):
        return Region(of.evidence, (0, 0, 4, 4), 1.0)
    return Region(Target.TEXT, (0, 0, 4, 4), 1.0, read=frozenset({name}))


def outcome(run):
    try:
        return run()
    except YingbiError as error:
        return error.code


@given(policies, st.sets(st.sampled_from([one.name for one in CLASSES])))
def test_more_findings_never_loosen_and_no_law_loses_an_original(wanted, names):
    verdict, none = decide(wanted, names), decide(wanted, ())
    assert verdict.level <= none.level
    assert not (verdict.keeps and not none.keeps)
    if wanted.law is not None:
        assert verdict.keeps == none.keeps
        assert verdict.approvals >= none.approvals
    assert set(verdict.because) <= names & set(wanted.tighten)
    assert (verdict.original is Original.WITHHELD) == (verdict.rule == "6.2.3-1")


@given(policies)
def test_what_a_box_asks_is_written_down_and_read_again(wanted):
    again = json.loads(json.dumps(tightening_entry(wanted)))
    assert tightening_of(again) == {"tighten": wanted.tighten, "law": wanted.law}
    assert set(wanted.tighten) <= set(looked_for(wanted)), "it is looked for what is asked"


def test_classes_of_what_was_read_are_classes_of_the_region():
    assert classes([region_of("text.phone")]) == {"text", "text.phone"}


# --- what it costs -------------------------------------------------------------------------------


def test_a_box_that_asks_for_nothing_is_looked_at_as_ever():
    usual = load_settings({"models.dir": str(models_dir())})
    for plain in (
        BoxPolicy(Level.RAW_ON_RELEASE),
        BoxPolicy(Level.STRUCTURED_ONLY, Scene.HOME_CALL),
    ):
        settings_there, targets = looking_in(usual, plain)
        assert targets == KEPT
        assert home_of_box(settings_there, plain) is None
        names = {name for name, _ in record_networks(settings_there, targets, posed=False)}
        assert names == {"face-centerface", "person-centernet"}
    asking = BoxPolicy(Level.RAW_ON_RELEASE, tighten=("text.phone",))
    settings_there, targets = looking_in(usual, asking)
    names = {name for name, _ in record_networks(settings_there, targets, posed=False)}
    assert {"text-ppocr", "text-ppocr-reader"} <= names, "the control"
    assert targets_of(asking) == (*KEPT, Target.TEXT)


# --- boxes ---------------------------------------------------------------------------------------


def test_names_of_classes_are_read_and_what_nothing_finds_is_refused():
    assert tightening(None) == ()
    assert tightening("plate, text.phone,plate") == ("plate", "text.phone")
    assert set(tightening("text.*")) == {name for name in BY_NAME if name.startswith("text.")}
    assert tightening("text.*,text") == ("text",), "any line is more than a private one"
    for wrong in ("nudity", "belief", "texts", "", "text.phone,", "nudity.*", "*"):
        with pytest.raises(UsageError):
            tightening(wrong)


def made(level: Level, scene: Scene | None, raw=None, days: int | None = None, **more) -> BoxPolicy:
    kept = Retention.of([(RetentionClass.SHORT, days)]) if days else Retention()
    return policy(level, scene, raw, None, ("identity",), retained=kept, **more)


def test_a_law_binds_boxes_that_keep_originals_of_public_places_for_long_enough():
    law, open_raw = LawPack.PUBLIC_SECURITY, Level.RAW_ON_RELEASE
    assert made(open_raw, Scene.CITY, days=30, law=law).law is law
    for level, scene, raw, days in (
        (Level.OBSCURED, Scene.CITY, None, None),
        (open_raw, Scene.CITY, RawPolicy.NONE, None),
        (open_raw, Scene.MEETING, None, None),
        (open_raw, None, None, None),
        (open_raw, Scene.CITY, None, 29),
    ):
        with pytest.raises(UsageError):
            made(level, scene, raw, days, law=law)
    with pytest.raises(UsageError):
        made(Level.STRUCTURED_ONLY, None, tighten=("plate",))


def test_the_law_says_what_is_decided_by():
    for law in LawPack:
        pack = entry(law.entry)
        assert pack["default"]["retention_min_days"] == law.least_days
        assert "high for 30 days" in pack["confidence"]


# --- as a user -----------------------------------------------------------------------------------


def test_the_commands_say_what_follows_and_refuse_in_one_line(tmp_path):
    models_dir()
    film = tmp_path / "face.png"
    portrait().resize((320, 320)).save(film)
    yingbi = with_vault(tmp_path, "intl")
    answer = yingbi("box", "create", "b", "--level", "3", "--tighten", "nudity", status=2)
    assert answer.err.count("\n") == 1
    yingbi("box", "create", "gate", "--level", "3", "--scene", "city", "--raw-export", "owner",
           "--tighten", "screen,body")  # fmt: skip
    shown = yingbi("box", "show", "gate", "--json").json
    assert (shown["tighten"], shown["law"]) == (["body", "screen"], None)
    yingbi("box", "pass", "gate", "-o", "door.yb")
    told = yingbi("grade", film, "--door", "door.yb", "--json").json
    assert (told["original"], told["because"], told["level"]) == ("withheld", ["body"], 2)
    assert (
        yingbi("grade", film, "--box", "gate", "--door", "door.yb", status=2).err.count("\n") == 1
    )
    answer = yingbi(
        "protect", film, "--box", "gate", "--approved-by", "Lin", "--why", " ", status=2
    )
    assert answer.err.count("\n") == 1
    answer = yingbi(
        "protect", film, "--door", "door.yb", "--approved-by", "Lin", "--why", "so", status=2
    )
    assert "--box" in answer.err
    done = yingbi("protect", film, "--box", "gate")
    assert "original withheld, since it shows body (rule 6.2.3-1)" in done.err
    kept = yingbi("inspect", done.out.strip(), "--json").json
    assert kept["facts"]["original"] == "withheld"
