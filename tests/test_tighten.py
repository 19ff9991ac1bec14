"""A finding in the last second tightens: no segment of the original is there to be opened."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from door_house import owner
from graded_house import CARD, NUMBER, SIGN, last_second_film, protected
from vault_house import new_vault
from yingbi.capture.inputs import find_inputs
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.data_class import valid
from yingbi.domain.grade_errors import OriginalRaisedError
from yingbi.domain.law import LawPack
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level, RawExport, RawPolicy
from yingbi.domain.part import PartKind
from yingbi.domain.report import Quiet
from yingbi.domain.tightening import Original
from yingbi.envelope.part import first_header
from yingbi.errors import NoKeyError, NoSuchPartError
from yingbi.media.film import FilmReader
from yingbi.release.part import open_part
from yingbi.store.stored import StoredObject
from yingbi.usecases.box import create_box
from yingbi.usecases.open import Wish, _epoch_key_of, _leave, open_object, opened_segments
from yingbi.usecases.opened import Vault
from yingbi.usecases.protect import Protected
from yingbi.usecases.source import RemovingProtector

ID = ("text.id-number",)
CLEAR = {PartKind.RAW, PartKind.ROI}


def asking(raw: RawPolicy = RawPolicy.WHOLE, law: LawPack | None = None) -> BoxPolicy:
    level, export = Level.RAW_ON_RELEASE, RawExport.OWNER
    return BoxPolicy(level, None, raw, export, ("identity",), tighten=ID, law=law)


POLICIES = {
    "whole": asking(),
    "parts": asking(RawPolicy.PARTS),
    "law": asking(law=LawPack.PUBLIC_SECURITY),
    "obscured": BoxPolicy(Level.OBSCURED),
    "structured": BoxPolicy(Level.STRUCTURED_ONLY),
}


class Thief:
    """Copies every body of the shelf before it is finished or unlinked, as a stolen disk would."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def __call__(self, boundary: str, *paths: Path) -> None:
        if boundary in ("shelf: rename", "shelf: unlink"):
            self.bodies += [path.read_bytes() for path in paths if path.is_file()]

    def take(self, kind: PartKind) -> list[bytes]:
        taken, self.bodies = self.bodies, []
        return [body for body in taken if first_header(BytesIO(body)).part is kind]


@dataclass
class House:
    """A vault of five boxes, the two films in some of them, and what a thief has of each."""

    vault: Vault
    films: dict[str, Path]
    boxes: dict[str, Box] = field(default_factory=dict)
    done: dict[tuple[str, str], Protected] = field(default_factory=dict)
    stolen: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)

    def stored(self, box: str, line: str) -> StoredObject:
        return self.vault.rooms.catalogue.get(self.done[box, line].object_id)

    def deeds(self, *actions: Action) -> list[Deed]:
        told = (entry.deed for entry in self.vault.log.entries())
        return [deed for deed in told if deed.action in actions]


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[House]:
    folder, thief = tmp_path_factory.mktemp("tighten"), Thief()
    films = {line: last_second_film(folder / f"{len(line)}.mp4", line) for line in (CARD, SIGN)}
    with owner(new_vault(folder / "vault"), crossing=thief) as vault:
        house = House(vault, films)
        for name, policy in POLICIES.items():
            house.boxes[name] = create_box(vault, name, policy)
            for line in (CARD, SIGN) if policy.tighten else (CARD,):
                house.done[name, line] = protected(vault, house.boxes[name], films[line])
                kind = PartKind.ROI if name == "parts" else PartKind.RAW
                house.stolen[name, line] = thief.take(kind)
        yield house


def opens(vault: Vault, stored: StoredObject, body: bytes, kind: PartKind) -> bool:
    """Return whether its owner, with every key and lock of the vault, opens a stolen body."""
    try:
        return bool(list(open_part(
            vault.keystore.suite,
            BytesIO(body),
            locks=vault.rooms.locks.locks_of(stored.object_id),
            epoch_key_of=_epoch_key_of(vault, stored),
            device_public_key=vault.keystore.device.public_key,
            grant=_leave(vault, stored, kind, "test"),
            object_id=stored.object_id,
            part=kind,
            now=datetime.now(UTC),
            end=None,
        )))  # fmt: skip
    except NoKeyError:
        return False


@pytest.mark.parametrize(("name", "kind"), [("whole", PartKind.RAW), ("parts", PartKind.ROI)])
def test_a_class_in_the_last_second_leaves_no_raw_segment_that_anybody_opens(
    tmp_path, house, name, kind
):
    verdict, stored = house.done[name, CARD].verdict, house.stored(name, CARD)
    assert verdict.original is Original.WITHHELD
    assert (verdict.because, verdict.level) == (ID, Level.OBSCURED)
    assert not CLEAR & {part.kind for part in stored.parts}
    stolen = house.stolen[name, CARD]
    assert bool(stolen) is (name == "parts"), "people's own films are written as they go by"
    assert not any(opens(house.vault, stored, body, kind) for body in stolen)
    wish = Wish(stored.object_id, kind, "test")
    with pytest.raises(NoSuchPartError):
        open_object(house.vault, wish, tmp_path / "out", force=True)
    plain = house.stored(name, SIGN)
    assert kind in {part.kind for part in plain.parts}, "the control"
    assert any(opens(house.vault, plain, body, kind) for body in house.stolen[name, SIGN])


def test_nothing_lies_on_the_shelf_that_no_object_names(house):
    rooms = house.vault.rooms
    named = {part.file_name for stored in rooms.catalogue.find() for part in stored.parts}
    assert set(rooms.shelf.names()) == named


def test_what_tightened_is_covered_in_the_film_that_is_kept(tmp_path, house):
    readable = {}
    for name in ("whole", "obscured"):
        out = tmp_path / f"{name}.mp4"
        stored = house.stored(name, CARD)
        open_object(house.vault, Wish(stored.object_id, PartKind.MASKED), out, force=False)
        readable[name] = share_of_writing(out)
    assert readable["whole"] < 0.2 < 0.5 < readable["obscured"]


def share_of_writing(film: Path) -> float:
    """Return which share of the number's place is still white or black in the last frame."""
    with FilmReader(film, held=BytesIO(film.read_bytes())) as reader:
        *_, last = (frame.planes[0].samples.copy() for frame in reader.frames())
    place = last[205:230, 100:330]
    return float(((place < 60) | (place > 200)).mean())


def test_under_the_law_of_public_security_the_original_stays_and_its_handling_rises(
    tmp_path, house
):
    vault, shown, plain = house.vault, house.done["law", CARD], house.done["law", SIGN]
    assert (shown.verdict.original, shown.verdict.approvals) == (Original.RAISED, 1)
    out = tmp_path / "out.mp4"
    with pytest.raises(OriginalRaisedError) as refused:
        open_object(vault, Wish(shown.object_id, PartKind.RAW, "why"), out, force=False)
    assert "text.id-number" in str(refused.value)
    assert not out.exists()
    open_object(vault, Wish(plain.object_id, PartKind.RAW, "why"), out, force=False)
    assert out.read_bytes() == house.films[SIGN].read_bytes(), "the control"
    wish = Wish(shown.object_id, PartKind.RAW, "to erase somebody")
    kept = opened_segments(vault, house.stored("law", CARD), wish, leaves=False)
    assert b"".join(bytes(one) for _, one in kept) == house.films[CARD].read_bytes()
    (told,) = [d for d in house.deeds(Action.GRADED) if d.object_id == shown.object_id]
    assert (told.facts["original"], told.facts["rule"]) == ("raised", "cn.psvis.2025")
    assert "+text.id-number" in told.purpose


def test_every_object_is_graded_in_the_log_before_it_is_stored(house):
    told = house.deeds(Action.GRADED, Action.PROTECTED)
    pairs = list(zip(told[::2], told[1::2], strict=True))
    assert len(pairs) == len(house.done)
    for graded, stored in pairs:
        assert (graded.action, stored.action) == (Action.GRADED, Action.PROTECTED)
        assert graded.object_id == stored.object_id
    of = {one.object_id: one.purpose for one in told if one.action is Action.GRADED}
    found, none = (of[house.done["whole", line].object_id] for line in (CARD, SIGN))
    assert found != none
    assert len(found) == len(none), "its length does not say what was found"
    assert NUMBER not in repr([*told, *house.vault.rooms.catalogue.find()])
    clear = b"".join(p.read_bytes() for p in house.vault.folder.path.glob("*.db*"))
    assert b"graded" in clear
    assert b"text.id-number" not in clear.replace(b'"tighten":"text.id-number"', b"")


def test_every_segment_of_the_vault_is_labelled(house):
    objects = house.vault.rooms.catalogue.find()
    labels = [one for stored in objects for one in labels_in(house.vault, stored)]
    assert len(labels) >= 2 * len(house.done)
    assert all(one and valid(one) for one in labels)
    assert all(stored.info.labels and stored.info.extra["looked"] for stored in objects)


def labels_in(vault: Vault, stored: StoredObject) -> list[tuple[str, ...]]:
    """Return the labels of every segment of an object, as who opens it reads them."""
    found: list[tuple[str, ...]] = []
    for part in stored.parts:
        wish = Wish(stored.object_id, part.kind, "to count labels")
        found += [p.labels for p, _ in opened_segments(vault, stored, wish, leaves=False)]
    assert len(found) == sum(part.segments for part in stored.parts)
    return found


@pytest.mark.parametrize("line", [CARD, SIGN])
def test_no_source_is_removed_whose_original_was_withheld(tmp_path, house, line):
    source = Path(shutil.copy(house.films[line], tmp_path / "a.mp4"))

    class Before:
        def protect(self, item, _progress):
            return replace(house.done["whole", line], source=item.path)

    (item,) = find_inputs([source])
    done = RemovingProtector(house.vault, Before()).protect(item, Quiet())
    stays = line is CARD
    assert (source.exists(), bool(done.stays)) == (stays, stays)
