"""Untouched stretches of a film are copied bit for bit, and the joins hold."""

import json
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from films import picture
from made_films import VFR, Recipe, make_film, sound_packets
from players import (
    chromium_plays,
    pictures_of_ffmpeg,
    pictures_of_mpv,
)
from spliced import GREY, PATCH, Spliced, lumas, splice, times, units, vcl
from yb import Yingbi
from yingbi.capture.inputs import Input
from yingbi.domain.report import Quiet
from yingbi.media import gops
from yingbi.media.film import FilmReader
from yingbi.media.gops import SpliceDoubtError
from yingbi.media.splice import why_not
from yingbi.media.splice_check import verify_spliced
from yingbi.media.tap import Tap
from yingbi.pipeline.engine import Sight
from yingbi.usecases.mask import MaskOptions, mask_inputs

TICKS = tuple(range(0, 60 * 1001, 1001))
PYRAMID = (("b-pyramid", "normal"), ("refs", "4"))


def hevc(more: str = ":bframes=0", **traits: Any) -> Recipe:
    """Return a film of HEVC."""
    groups = "keyint=10:min-keyint=10:scenecut=0:open-gop=0"
    return Recipe(pts=TICKS, codec="libx265", parameters=groups + more, **traits)


RECIPES = {
    "plain": Recipe(pts=TICKS, key_every=10),
    "b-frames": Recipe(pts=TICKS, key_every=10, b_frames=2),
    "b-frames that are referred to": Recipe(pts=TICKS, key_every=12, b_frames=3, encoder=PYRAMID),
    "all key frames": Recipe(pts=TICKS, key_every=1),
    "uneven times": Recipe(pts=VFR, key_every=3, b_frames=2),
    "a late start": Recipe(pts=tuple(p + 5005 for p in TICKS), key_every=10, b_frames=2),
    "turned": Recipe(pts=TICKS, key_every=10, rotation=90),
    "ten bits": Recipe(pts=TICKS, key_every=10, pixel_format="yuv420p10le"),
    "4:4:4": Recipe(pts=TICKS, key_every=10, pixel_format="yuv444p", b_frames=2),
    "baseline": Recipe(pts=TICKS, key_every=10, encoder=(("profile", "baseline"),)),
    "mov": Recipe(pts=TICKS, key_every=10, container="mov"),
    "slices": Recipe(pts=TICKS, key_every=10, b_frames=1, encoder=(("slices", "3"),)),
    "fields in one picture": Recipe(pts=TICKS, key_every=10, interlaced=True),
    "hevc": hevc(),
    "hevc with b-frames": hevc(":bframes=3"),
    "hevc with leading pictures": hevc(":bframes=3:radl=2"),
    "hevc of ten bits, in threads": hevc(":wpp=1", pixel_format="yuv420p10le"),
    "hevc in layers of time": hevc(":temporal-layers=3"),
    "other ids": Recipe(pts=TICKS, key_every=10, encoder=(("x264-params", "sps-id=1:aud=1"),)),
}


def of_ranges(film: Spliced) -> list[int]:
    return [p for p in film.pts for first, last in film.facts.ranges if first <= p <= last]


def must_hold(film: Spliced, masked: set[int]) -> None:
    """Check all that a spliced film promises, with no code of the product's but `verify`."""
    film.verify()
    before, after = times(film.source), times(film.path)
    assert sorted(p for p, _, _ in after) == sorted(p for p, _, _ in before)
    assert [when for _, *when in after] == [when for _, *when in before]
    assert all(dts <= p for p, dts, _ in after)
    copied = of_ranges(film)
    assert len(copied) == film.facts.copied
    assert film.facts.copied + film.facts.encoded == len(film.pts)
    coded, written = vcl(film.source), vcl(film.path)
    assert all(coded[p] == written[p] for p in copied)
    shown, meant = lumas(film.path), lumas(film.source)
    assert list(shown) == list(meant) == film.pts
    assert all(np.array_equal(shown[p], meant[p]) for p in copied)
    loose = 8 << (film.info.depth - 8)
    for number, p in enumerate(film.pts):
        picture, original = shown[p].astype(int), meant[p].astype(int)
        if number in masked:
            assert p not in copied
            assert np.abs(picture[: PATCH - 4, : PATCH - 4] - GREY).max() <= 2 * loose
        assert np.abs(picture - original)[PATCH + 4 :, PATCH + 4 :].mean() < loose


@pytest.mark.parametrize("name", RECIPES)
def test_groups_without_a_mask_are_copied_and_all_times_stay(name: str, tmp_path: Path) -> None:
    source = make_film(tmp_path / "in.mp4", RECIPES[name])
    masked = {7, 8} if name == "uneven times" else {25, 26}
    film = splice(source, masked)
    must_hold(film, masked)
    assert film.facts.reason == "masked"
    assert len(film.facts.ranges) == 2
    if all(p == dts for p, dts, _ in times(source)):
        assert all(p == dts for p, dts, _ in times(film.path))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    masked=st.sets(st.integers(0, 59), max_size=5),
    name=st.sampled_from(
        ["plain", "b-frames", "b-frames that are referred to", "hevc with b-frames"]
    ),
    ahead=st.integers(0, 30),
    threads=st.sampled_from([1, 2]),
)
def test_whatever_is_masked_the_joins_hold(
    masked: set[int], name: str, ahead: int, threads: int, tmp_path: Path
) -> None:
    source = tmp_path / f"{name}.mp4"
    if not source.exists():
        make_film(source, RECIPES[name])
    film = splice(source, masked, ahead=ahead, threads=threads)
    must_hold(film, masked)
    starts = {19, 20} if name.startswith("hevc") else {5}
    keys = [p for p, here in units(source).items() if starts & {kind for kind, _ in here}]
    spoilt = {max(k for k in keys if k <= film.pts[n]) for n in masked}
    clean = [p for p in film.pts if max(k for k in keys if k <= p) not in spoilt]
    assert of_ranges(film) == clean, "all that could be copied was, and nothing else"


def test_user_data_is_left_out_of_copied_and_encoded_stretches(tmp_path: Path) -> None:
    source = make_film(tmp_path / "in.mp4", RECIPES["plain"])
    assert b"x264 - core" in source.read_bytes()
    film = splice(source, {25})
    assert film.facts.messages == 1
    assert b"x264" not in film.path.read_bytes()
    must_hold(film, {25})


def test_an_encoders_words_in_the_record_are_left_out(tmp_path: Path) -> None:
    source = make_film(tmp_path / "in.mp4", RECIPES["hevc"])
    assert b"x265 (build" in source.read_bytes()
    film = splice(source, {25})
    assert b"x265" not in film.path.read_bytes()
    must_hold(film, {25})


def test_messages_about_time_stay_where_pictures_are_copied(tmp_path: Path) -> None:
    timed = (("nal-hrd", "vbr"), ("maxrate", "1M"), ("bufsize", "1M"), ("b", "500k"))
    recipe = Recipe(pts=TICKS, key_every=10, encoder=timed)
    film = splice(make_film(tmp_path / "in.mp4", recipe), {25})
    before, after = (
        {p: [unit for kind, unit in here if kind == 6] for p, here in units(path).items()}
        for path in (film.source, film.path)
    )
    copied = of_ranges(film)[1:]  # the first loses the encoder's own words
    assert all(before[p] == after[p] for p in copied)
    assert all(before[p] for p in copied)


@pytest.mark.parametrize("joint", [0, 10, 20, 26, 30, 59])
def test_a_byte_that_went_wrong_in_a_copied_or_encoded_picture_is_found(
    joint: int, tmp_path: Path
) -> None:
    film = splice(make_film(tmp_path / "in.mp4", RECIPES["b-frames"]), {25})
    film.verify()
    with av.open(film.path) as container:
        packets = [p for p in container.demux(video=0) if p.size]
        chosen = next(p for p in packets if p.pts == film.pts[joint])
        place = chosen.pos + chosen.size - 3
    content = bytearray(film.path.read_bytes())
    content[place] ^= 0x10
    film.path.write_bytes(content)
    with pytest.raises(SpliceDoubtError):
        film.verify()


def test_a_join_that_does_not_decode_as_the_source_is_found(tmp_path: Path) -> None:
    film = splice(make_film(tmp_path / "in.mp4", RECIPES["b-frames"]), {25})
    for stretch in film.stretches:
        for edge in (stretch.head, stretch.tail):
            for p in edge:
                kept, edge[p] = edge[p], b"another picture"
                with pytest.raises(SpliceDoubtError):
                    film.verify()
                edge[p] = kept
    film.verify()
    assert sum(len(s.head) + len(s.tail) for s in film.stretches) == 9


def test_a_frame_too_few_is_found(tmp_path: Path) -> None:
    film = splice(make_film(tmp_path / "in.mp4", RECIPES["plain"]), {25})
    with pytest.raises(SpliceDoubtError), film.path.open("rb") as file:
        verify_spliced(file, film.pts[:-1], film.info, film.stretches, name=film.path)


def test_an_open_group_is_not_cut(tmp_path: Path) -> None:
    opened = (("x264-params", "open-gop=1"),)
    recipe = Recipe(pts=TICKS, key_every=10, b_frames=2, encoder=opened)
    source = make_film(tmp_path / "in.mp4", recipe)
    film = splice(source, {55})
    must_hold(film, {55})
    assert film.facts.copied == 0
    clear = splice(source, set())
    must_hold(clear, set())
    assert clear.facts.copied == 60


def test_frames_that_an_edit_list_hides_are_not_copied(tmp_path: Path) -> None:
    whole = make_film(tmp_path / "whole", Recipe(pts=TICKS, key_every=10, b_frames=2))
    source = tmp_path / "in.mp4"
    with av.open(whole) as given_film, av.open(source, "w", format="mp4") as target:
        track = target.add_stream_from_template(given_film.streams.video[0])
        for packet in given_film.demux(video=0):
            if packet.size:
                packet.pts, packet.dts, packet.stream = packet.pts - 5005, packet.dts - 5005, track
                target.mux(packet)
    film = splice(source, set())
    film.verify()
    assert (film.facts.encoded, film.facts.reason) == (5, "hidden")
    assert film.facts.copied == 50
    assert list(lumas(film.path)) == list(lumas(source)) == film.pts
    assert len(times(film.path)) == 55, "the hidden frames are not there at all"


def test_a_group_too_long_to_be_held_is_encoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_film(tmp_path / "in.mp4", RECIPES["plain"])
    monkeypatch.setattr(gops, "MOST_HELD", 1000)
    film = splice(source, set())
    must_hold(film, set())
    assert (film.facts.copied, film.facts.reason) == (0, "long")


@pytest.mark.parametrize("audio", ["keep", "mute", "drop"])
def test_sound_goes_with_the_pictures(audio: str, tmp_path: Path) -> None:
    recipe = Recipe(pts=TICKS, key_every=10, b_frames=2, sound_tracks=2)
    film = splice(make_film(tmp_path / "in.mp4", recipe), {25}, audio=audio)
    must_hold(film, {25})
    before, after = sound_packets(film.source), sound_packets(film.path)
    assert (before == after) == (audio == "keep")
    assert len(after) == (0 if audio == "drop" else 2)


def quiet_then_face(path: Path) -> Path:
    """Write 48 frames of a grey ramp and then 8 with a face, a key frame every 8."""
    rows = np.linspace(90, 110, 240, dtype=np.uint8)
    quiet = np.broadcast_to(rows[:, None, None], (240, 320, 3))
    with av.open(path, "w") as container:
        traits = {"g": "8", "sc_threshold": "0", "preset": "veryfast", "crf": "18"}
        stream = container.add_stream("libx264", rate=25, options=traits)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(56):
            shown = quiet if number < 48 else picture(number - 48, 50, (320, 240))
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_the_command_copies_what_nobody_is_in_and_says_so(tmp_path: Path) -> None:
    film = quiet_then_face(tmp_path / "film.mp4")
    yingbi = Yingbi(tmp_path)
    answer = yingbi("mask", film, "-o", "m.mp4", "--targets", "face", "--report", "r.json")
    (told,) = json.loads((tmp_path / "r.json").read_text())["inputs"]
    passed = told["passthrough"]
    count = passed["copied"]
    assert count in {16, 24, 32, 40, 48}, "the tracker may look back a second"
    assert f"{count} frames without a mask copied bit for bit" in answer.out
    assert (passed["encoded"], passed["reason"]) == (56 - count, "masked")
    assert passed["ranges"] == [[0, (count - 1) * 512]]
    before, after = vcl(film), vcl(tmp_path / "m.mp4")
    same = [p for p in before if before[p] == after[p]]
    assert sorted(same) == [n * 512 for n in range(count)]


def test_nothing_is_copied_where_that_is_not_wanted(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", Recipe(pts=range(0, 5000, 1000)))
    asked = ("--no-passthrough", "--targets", "face", "--json")
    (told,) = Yingbi(tmp_path)("mask", film, "-o", "m.mp4", *asked).json
    assert told["passthrough"] == {
        "copied": 0,
        "encoded": 5,
        "ranges": [],
        "messages_left_out": 0,
        "reason": "asked",
    }
    before, after = vcl(film), vcl(tmp_path / "m.mp4")
    assert not any(before[p] == after[p] for p in before)


def test_a_zone_is_masked_also_where_nobody_is_seen(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", RECIPES["plain"])
    zones = '[[zone]]\nname = "door"\ndo = "mask"\nrectangle = [0.0, 0.0, 0.5, 0.5]\nto_s = 0.5\n'
    (tmp_path / "zones.toml").write_text(zones)
    yingbi = Yingbi(tmp_path)
    given_zones = ("--zones", "zones.toml", "--targets", "face", "--json")
    (told,) = yingbi("mask", film, "-o", "m.mp4", *given_zones).json
    assert told["passthrough"]["ranges"] == [[TICKS[20], TICKS[59]]]
    shown, meant = lumas(tmp_path / "m.mp4"), lumas(film)
    for number, p in enumerate(TICKS):
        covered = np.abs(shown[p][:44, :76].astype(int) - GREY).max() <= 16
        assert covered == (number * 1001 / 30000 < 0.5)
        assert np.array_equal(shown[p], meant[p]) == (number >= 20)


PLAYED = ["plain", "b-frames", "b-frames that are referred to", "a late start", "mov"]


@pytest.mark.parametrize("name", [*PLAYED, "uneven times", "hevc with b-frames"])
def test_ffmpeg_and_mpv_show_every_frame_as_decoded_here(name: str, tmp_path: Path) -> None:
    masked = {7} if name == "uneven times" else {25, 26, 47}
    film = splice(make_film(tmp_path / "in.mp4", RECIPES[name]), masked)
    assert film.facts.copied
    assert film.facts.encoded
    shown = pictures_of_ffmpeg(film.path)
    assert len(shown) == len(film.pts)
    source = pictures_of_ffmpeg(film.source)
    copied = set(of_ranges(film))
    same = [p for p, a, b in zip(film.pts, source, shown, strict=True) if a == b]
    assert set(same) == copied
    if name != "uneven times":  # it drops frames that others follow too soon
        assert pictures_of_mpv(film.path) == shown


@pytest.mark.parametrize("name", ["plain", "b-frames", "b-frames that are referred to"])
def test_chromium_plays_the_film_to_its_end_and_drops_nothing(name: str, tmp_path: Path) -> None:
    film = splice(make_film(tmp_path / "in.mp4", RECIPES[name]), {25, 26, 47})
    assert len(film.facts.ranges) >= 2
    told = chromium_plays(film.path, tmp_path / "home")
    assert told["how"] == "ended"
    assert told["decoded"] == len(film.pts)
    assert told["duration"] == pytest.approx(60 * 1001 / 30000, abs=0.05)
    assert told["times"] == sorted(told["times"])


@pytest.mark.parametrize("name", ["b-frames", "hevc with b-frames"])
def test_a_player_may_jump_back_and_forth_over_the_joins(name: str, tmp_path: Path) -> None:
    film = splice(make_film(tmp_path / "in.mp4", RECIPES[name]), {25, 47})
    meant = lumas(film.path)
    with av.open(film.path) as container:
        stream = container.streams.video[0]
        for number in (58, 3, 27, 15, 31, 46, 8, 52, 22):
            wanted = film.pts[number]
            container.seek(wanted, stream=stream)
            found = next(f for f in container.decode(stream) if f.pts == wanted)
            rows = np.frombuffer(memoryview(found.planes[0]), np.uint8).reshape(found.height, -1)
            assert np.array_equal(rows[:, : found.width], meant[wanted])


def test_a_film_that_does_not_pass_its_check_is_made_once_more_and_encoded_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_film(tmp_path / "in.mp4", RECIPES["plain"])
    item, out = Input(source, Path("in.mp4")), tmp_path / "out.mp4"
    blind = Sight([], hold_s=0.0, grow=0.0, crf=18)
    (copied,) = mask_inputs([(item, out)], MaskOptions(), blind, Quiet())
    assert copied.copied == 60

    def spoilt(film: BinaryIO, *given_facts: Any, **more: Any) -> None:
        film.seek(-9, 2)
        film.write(b"spoilt!!!")
        verify_spliced(film, *given_facts, **more)

    monkeypatch.setattr("yingbi.usecases.mask.verify_spliced", spoilt)
    (again,) = mask_inputs([(item, out)], MaskOptions(force=True), blind, Quiet())
    facts = again.tally.passthrough
    assert (facts.copied, facts.encoded, facts.reason) == (0, 60, "doubt-check")
    assert list(lumas(out)) == list(lumas(source))
    assert not any(a == b for a, b in zip(vcl(out).values(), vcl(source).values(), strict=True))


@pytest.mark.parametrize(("columns", "reason"), [(64, "hidden"), (16, None)])
def test_of_a_film_that_hides_an_edge_of_its_pictures_nothing_is_copied(
    columns: int, reason: str | None, tmp_path: Path
) -> None:
    recipe = Recipe(pts=TICKS, key_every=10, parameters=f"crop-rect=0,0,{columns},0")
    tap = Tap()
    with FilmReader(make_film(tmp_path / "in.mp4", recipe), tap=tap) as reader:
        assert reader.info.width == 160 - columns
        assert why_not(reader.info, tap) == reason
