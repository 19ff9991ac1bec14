"""The standard as data."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

import yingbi.standard.catalogue as catalogue
from yingbi.errors import NoSuchRequirementError

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("file", "key", "read"),
    [
        ("requirements", "requirements", catalogue.requirements),
        ("regulations", "packs", catalogue.regulations),
        ("metrics", "metrics", catalogue.metrics),
    ],
)
def test_the_package_carries_every_entry_that_people_wrote(file, key, read):
    written = yaml.safe_load((ROOT / "standard" / f"{file}.yaml").read_text("utf-8"))[key]
    assert [item["id"] for item in read()] == [item["id"] for item in written]
    assert len({item["id"] for item in read()}) == len(written), "an id is used twice"


def test_the_requirements_hold_to_their_own_schema():
    schema = json.loads((ROOT / "standard" / "schema.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema).validate(
        yaml.safe_load((ROOT / "standard" / "requirements.yaml").read_text("utf-8"))
    )


def test_a_requirement_speaks_both_languages():
    for found in catalogue.requirements():
        identifier = found["id"]
        assert catalogue.requirement(identifier) is found
        assert all(
            found[field][tongue] for field in ("title", "requirement") for tongue in ("zh", "en")
        )


def test_an_unknown_id_is_refused_by_name():
    with pytest.raises(NoSuchRequirementError, match=r"9\.9\.z"):
        catalogue.requirement("9.9.z")
    with pytest.raises(NoSuchRequirementError):
        catalogue.entry("no-such-metric")
    with pytest.raises(NoSuchRequirementError):
        catalogue.requirement("key-age")  # a metric is not a requirement
    assert catalogue.entry("key-age")["group"] == "application"
