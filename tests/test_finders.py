"""Which networks serve which targets, and that nothing is found with a network not named."""

import pytest

from networks import models_dir
from yingbi.bootstrap import finders, load_settings, second_family
from yingbi.domain.region import BUILT, DEFAULT, Target
from yingbi.errors import ModelMissingError
from yingbi.models.manifest import manifest
from yingbi.pipeline.finders import Finders


def named(targets: tuple[Target, ...], **options) -> set[str]:
    settings = load_settings({name.replace("__", "."): value for name, value in options.items()})
    return {name for name, _ in Finders(settings, frozenset(targets), 1).networks()}


@pytest.mark.parametrize(
    ("targets", "options", "expected"),
    [
        ((Target.FACE,), {}, {"face-centerface"}),
        ((Target.HEAD,), {}, {"face-centerface", "person-centernet"}),
        ((Target.PERSON,), {}, {"person-centernet"}),
        ((Target.SCREEN,), {}, {"person-centernet"}),
        ((Target.PLATE,), {}, {"text-ppocr"}),
        ((Target.TEXT,), {}, {"text-ppocr"}),
        (DEFAULT, {}, {"face-centerface", "person-centernet", "text-ppocr"}),
        ((Target.FACE,), {"detect__strict": True}, {"face-centerface", "face-blazeface"}),
        ((Target.PLATE,), {"detect__strict": True}, {"text-ppocr"}),
        ((Target.FACE,), {"detect__face_network": "mine"}, {"mine"}),
        ((Target.PLATE,), {"detect__plate_network": "mine"}, {"mine"}),
        (
            (Target.PLATE, Target.TEXT),
            {"detect__plate_network": "mine"},
            {"mine", "text-ppocr"},
        ),
        (
            (Target.HEAD, Target.SCREEN),
            {"detect__person_network": "mine"},
            {"face-centerface", "mine", "person-centernet"},
        ),
    ],
)
def test_each_target_uses_the_networks_that_it_needs_and_no_other(targets, options, expected):
    assert named(targets, **options) == expected


def test_every_network_of_a_report_has_the_digest_of_the_manifest():
    known = {model.name: model.onnx_sha256 for model in manifest()}
    for name, sha256 in Finders(load_settings({}), frozenset(BUILT), 1).networks():
        assert sha256 == known[name]


def test_what_is_found_covers_what_is_asked_for_and_heads_are_derived():
    settings = load_settings({"models.dir": str(models_dir())})
    for targets in (DEFAULT, BUILT, (Target.SCREEN,)):
        kinds = {kind for finder in finders(settings, targets) for kind in finder.kinds}
        assert set(targets) - {Target.HEAD} <= kinds
    assert second_family(settings).kinds == {Target.FACE}


@pytest.mark.parametrize("target", BUILT)
def test_a_target_whose_network_is_missing_is_refused_and_never_left_out(target, tmp_path):
    with pytest.raises(ModelMissingError):
        finders(load_settings({"models.dir": str(tmp_path)}), (target,))
