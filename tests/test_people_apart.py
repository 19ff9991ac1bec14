"""People of a level-3 object, as its owner meets them: lifted one by one, erased one by one."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from films import face_film, portrait
from yb import with_vault
from yingbi.media.film import FilmReader


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A vault with the same film twice: people kept apart, and the original whole."""
    home = tmp_path_factory.mktemp("people")
    yingbi = with_vault(home, "intl", YINGBI_DETECT_SIZE="320")  # as wide as the film
    film = face_film(home / "a.mp4", seconds=2)
    ids = {}
    for box, raw in (("apart", "parts"), ("whole", "whole")):
        yingbi("box", "create", box, "--level", "3", "--raw", raw, "--raw-export", "owner")
        done = yingbi("protect", film, "--box", box, "--json")
        (ids[box],) = [one["id"] for one in done.json]
    return yingbi, film, ids


def face_of(path: Path) -> np.ndarray:
    """Return the luma of every frame of a film, (N, H, W)."""
    with FilmReader(path, held=io.BytesIO(path.read_bytes())) as reader:
        return np.stack([frame.planes[0].samples.copy() for frame in reader.frames()])


def test_a_person_is_lifted_and_then_erased_by_key(house):
    yingbi, film, ids = house
    out = yingbi.home
    people = yingbi("person", "list", ids["apart"], "--json").json
    assert people
    assert people[0]["pieces"] == 1
    number = people[0]["person"]
    yingbi("person", "lift", ids["apart"], "--person", number, "-o", out / "one.mp4",
           "--purpose", "test")  # fmt: skip
    yingbi("open", ids["apart"], "-o", out / "masked.mp4")
    clear, masked, lifted = map(face_of, (film, out / "masked.mp4", out / "one.mp4"))
    covered = np.abs(masked.astype(int) - 128) <= 2
    assert covered.mean() > 0.05
    was_there = np.abs(clear.astype(int) - masked)[covered].mean()
    shown = np.abs(clear.astype(int) - lifted)[covered].mean()
    assert shown < was_there / 4
    before = yingbi("open", ids["apart"], "--part", "records", "-o", out / "r1.jsonl", status=0)
    assert before.status == 0
    name = f"unknown {number}"
    assert name in (out / "r1.jsonl").read_text()
    done = yingbi("person", "erase", ids["apart"], "--person", number, "--yes", "--json").json
    assert done["pieces"] == 1
    assert done["records"] > 0
    again = yingbi("person", "lift", ids["apart"], "--person", number, "-o", out / "two.mp4",
                   "--purpose", "test", status=66)  # fmt: skip
    assert "no-such-person" in again.err
    assert not (out / "two.mp4").exists()
    yingbi("open", ids["apart"], "--part", "records", "-o", out / "r2.jsonl")
    assert name not in (out / "r2.jsonl").read_text()
    yingbi("open", ids["apart"], "-o", out / "masked2.mp4")
    assert (out / "masked2.mp4").read_bytes() == (out / "masked.mp4").read_bytes()
    assert yingbi("verify", "--json").json["broken"] == []


def test_an_original_kept_whole_is_sealed_anew_with_the_person_covered(house):
    yingbi, film, ids = house
    out, box = yingbi.home, ids["whole"]
    opened = ("open", box, "--raw", "--purpose", "test", "-o")
    yingbi(*opened, out / "raw1.mp4")
    assert (out / "raw1.mp4").read_bytes() == film.read_bytes()
    refused = yingbi("person", "lift", box, "--person", 1, "-o", out / "x.mp4",
                     "--purpose", "test", status=66)  # fmt: skip
    assert "no-such-person" in refused.err
    done = yingbi("person", "erase", box, "--person", 1, "--yes", "--purpose", "a wish", "--json")
    assert done.json["original_masked"]
    yingbi(*opened, out / "raw2.mp4")
    clear, now = face_of(film), face_of(out / "raw2.mp4")
    assert len(now) == len(clear)
    covered = np.abs(now.astype(int) - 128) <= 3
    assert covered[:, 90:120, 130:180].mean() > 0.9  # the face is in the middle
    assert yingbi("verify", "--json").json["broken"] == []
    told = json.loads(yingbi("log", "--json").out)
    assert [one["action"] for one in told].count("person-erased") >= 1


def test_a_number_that_nobody_has_is_one_clear_line(house):
    yingbi, _, ids = house
    answer = yingbi("person", "erase", ids["whole"], "--person", 99, "--yes", status=66)
    assert answer.err.count("\n") == 1
    assert "99" in answer.err


def test_two_people_of_one_original_are_erased_one_after_the_other(house, tmp_path):
    """Whoever was covered first is no longer seen when the next is looked for."""
    yingbi, _, _ = house
    face = portrait().crop((112, 0, 332, 264)).resize((220, 264))
    both = Image.new("RGB", (640, 300), (90, 110, 100))
    both.paste(face, (40, 20))
    both.paste(face.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (380, 20))
    both.save(tmp_path / "both.jpg", quality=92)
    (taken,) = yingbi("protect", tmp_path / "both.jpg", "--box", "whole", "--json").json
    box = taken["id"]
    opened = ("open", box, "--raw", "--purpose", "test", "--force", "-o", tmp_path / "now.jpg")
    numbers = [one["person"] for one in yingbi("person", "list", box, "--json").json]
    assert len(numbers) == 2
    erase = ("person", "erase", box, "--yes", "--purpose", "a wish", "--person")
    shares = []
    for number in numbers:
        yingbi(*erase, number)
        yingbi(*opened)
        luma = np.asarray(Image.open(tmp_path / "now.jpg").convert("L")).astype(int)
        halves = luma[60:140, 110:170], luma[60:140, 470:530]
        shares.append([float((np.abs(half - 128) < 8).mean()) for half in halves])
    assert sorted(round(share) for share in shares[0]) == [0, 1]
    assert [round(share) for share in shares[1]] == [1, 1]
    assert yingbi("person", "list", box, "--json").json == []
    assert "no-such-person" in yingbi(*erase, numbers[0], status=66).err
