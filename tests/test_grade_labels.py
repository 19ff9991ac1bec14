"""Every sealed segment carries the classes of what it holds, before the store ever sees it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from films import face_film
from networks import models_dir
from sealing_house import House
from yingbi.bootstrap import finders, load_settings
from yingbi.domain.data_class import settled, valid
from yingbi.domain.level import Level
from yingbi.domain.part import MaskedFilm, PartKind, PrivateMetadata, SealedSegment
from yingbi.domain.region import KEPT, Region
from yingbi.envelope.segment import seal_segment
from yingbi.keys.wrap import wrap
from yingbi.mask.film import FilmMasker
from yingbi.media.segmented_film import SegmentedFilm
from yingbi.pipeline.engine import Sealed, Sight, Take, open_reel
from yingbi.pipeline.level1 import level1
from yingbi.pipeline.level2 import level2
from yingbi.pipeline.level3 import Whole, level3, level3_parts
from yingbi.seal.masked import masked
from yingbi.structure.scribe import Diary, Scribe


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return face_film(tmp_path_factory.mktemp("labels") / "film.mp4", seconds=1.5)


@pytest.fixture(scope="module")
def sight() -> Sight:
    settings = load_settings({"models.dir": str(models_dir())})
    return Sight(finders(settings, KEPT), hold_s=0.5, grow=0.25, crf=30, targets=frozenset(KEPT))


def labels_of(house: House, sealed: Iterable[Sealed]) -> dict[PartKind, list[tuple[str, ...]]]:
    """Return the labels of every segment by part, as who opens it reads them."""
    parts: dict[PartKind, list] = {}
    for one in sealed:
        parts.setdefault(one.kind, []).append(one.segment)
    return {
        kind: [private.labels for private, _ in house.open(house.keep(*segments), kind)]
        for kind, segments in parts.items()
    }


def unlabelled(parts: dict[PartKind, list[tuple[str, ...]]]) -> list[PartKind]:
    """Return the part of each segment without a label, or with one that is no class."""
    return [
        kind
        for kind, segments in parts.items()
        for labels in segments
        if not labels or not valid(labels)
    ]


def way(name: str, house: House, take: Take) -> Iterator[Sealed]:
    scribe = Scribe(Diary(("identity", "event"), name == "level1", 2.0), None)
    book, cloth = house.sealer(PartKind.RECORDS), house.sealer
    match name:
        case "level1":
            return level1(take, scribe, book)
        case "level2":
            return level2(take, scribe, book, cloth())
        case "level3":
            whole = Whole(house.sealer(PartKind.RAW), lambda: True)
            return level3(take, scribe, book, cloth(), whole)
    return level3_parts(take, scribe, book, cloth(), house.sealer(PartKind.ROI))


@pytest.mark.parametrize(
    ("name", "level", "parts"),
    [
        ("level1", Level.STRUCTURED_ONLY, {PartKind.RECORDS}),
        ("level2", Level.OBSCURED, {PartKind.RECORDS, PartKind.MASKED}),
        ("level3", Level.RAW_ON_RELEASE, {PartKind.RECORDS, PartKind.MASKED, PartKind.RAW}),
        ("parts", Level.RAW_ON_RELEASE, {PartKind.RECORDS, PartKind.MASKED, PartKind.ROI}),
    ],
)
def test_every_segment_of_every_level_is_labelled_before_the_store_sees_it(
    film, sight, name, level, parts
):
    house = House("intl", level)
    with open_reel(film) as reel:
        take = Take(reel, sight)
        found = labels_of(house, way(name, house, take))
    assert set(found) == parts
    assert unlabelled(found) == []
    assert {label for part in found.values() for labels in part for label in labels} == (
        take.tally.labels
    )


@pytest.mark.parametrize("labels", [(), ("person",), ("body", "")], ids=["no", "alien", "empty"])
def test_nothing_is_sealed_without_labels_or_with_others(labels):
    house = House("intl")
    piece = MaskedFilm(b"film", "video/mp4", 0.0, 4.0, ("body",))
    good = masked(house.sealer(), piece)
    assert unlabelled(labels_of(house, [Sealed(PartKind.MASKED, good)])) == []
    with pytest.raises(ValueError, match="labels"):
        masked(house.sealer(), replace(piece, labels=labels))


def test_a_sealed_segment_without_labels_would_be_noticed():
    house = House("intl")
    good = masked(house.sealer(), MaskedFilm(b"film", "video/mp4", 0.0, 4.0, ("none",)))
    bare = bare_segment(house)
    for sealed, missing in ((good, []), (bare, [PartKind.MASKED])):
        assert unlabelled(labels_of(house, [Sealed(PartKind.MASKED, sealed)])) == missing


def bare_segment(house: House) -> SealedSegment:
    """Seal what carries no label, past what refuses that."""
    sealer, dek = house.sealer(), bytearray(range(32))
    place = sealer.next_place()
    door = sealer.door
    sealed = seal_segment(
        door.suite,
        dek,
        place,
        PrivateMetadata("video/mp4", 4),
        b"film",
        padded_to=4,
        sign=door.device.sign,
        make_lock=lambda context: wrap(door.suite, dek, door.epoch, context),
    )
    digests = sealed.seal_digest, sealed.merkle_root
    return SealedSegment(place.segment_id, 0, sealed.content, sealed.lock, *digests)


def test_nothing_found_is_told_and_stands_alone():
    assert settled(["none"]) == ("none",)
    assert settled(["none", "plate", "body", "body"]) == ("body", "plate")
    assert valid(["none"])


def test_what_shows_nobody_is_labelled_so_in_every_segment(tmp_path, sight):
    empty = grey_film(tmp_path / "empty.mp4")
    house = House("intl", Level.OBSCURED)
    with open_reel(empty) as reel:
        found = labels_of(house, way("level2", house, Take(reel, sight)))
    assert {labels for part in found.values() for labels in part} == {("none",)}


def grey_film(path: Path) -> Path:
    """Write a film of which one frame comes after a pause of minutes: a page has no frame then."""
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=10, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 10)
        for pts in (*range(8), 3000):
            frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), 90, np.uint8), "rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_segment_has_the_label_of_a_face_that_it_alone_shows(film):
    pieces: list[MaskedFilm] = []
    nobody: list[Region] = []
    with open_reel(film) as reel:
        masker = FilmMasker(SegmentedFilm(reel.info, crf=30, segment_s=0.5), grow=0.25)
        for frame in reel.frames:
            seen = frozenset({"biometric.face"} if 0.5 <= frame.time_s < 0.6 else ())
            pieces += masker.mask(frame, nobody, seen)
        pieces += masker.finish()
    shows = [piece for piece in pieces if piece.from_s < 0.6 and piece.to_s > 0.5]
    assert shows
    assert all(piece.labels == ("biometric.face",) for piece in shows)
