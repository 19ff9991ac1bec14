"""Make the pictures of the page about masking: a drawn street, and what `yingbi mask` makes of it.

    .venv/bin/python tools/guide_pictures.py docs/en/guide/pictures

The face is that of the demo's sample film (NASA, public domain); everything else is drawn here.
No word is in the pictures but what the scene shows, so that both languages use the same.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from demo_pictures import frames_of
from sample_film import FPS, make_sample, portrait

COMMAND = Path(sys.executable).with_name("yingbi")
WIDTH, HEIGHT = 640, 360
PANEL, SMALL, GAP, BAR = (480, 270), (160, 90), 6, 22
GREEN, GREY = (60, 160, 100), (128, 128, 128)
GROUP = FPS
ZONES = """
[[zone]]
name = "window"
do = "mask"
polygon = [[0.61, 0.05], [0.97, 0.05], [0.97, 0.40], [0.61, 0.40]]

[[zone]]
name = "poster"
do = "ignore"
rectangle = [0.38, 0.05, 0.58, 0.45]
"""


def main() -> None:
    """Write every picture into the folder that is given."""
    if len(sys.argv) != 2:
        sys.exit("usage: guide_pictures.py FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        street, turned = work / "street.png", work / "turned.png"
        scene().save(street)
        falling().save(turned)
        wanted = ("face", "face,head", "person", "plate,text")
        sheet([_masked(street, work, "--targets", one) for one in wanted], folder / "targets.jpg")
        styles = ("pixelate:8", "pixelate:2", "blur:0.5", "solid")
        sheet([_masked(street, work, "--style", one) for one in styles], folder / "styles.jpg")
        sheet(
            [Image.open(turned), _masked(turned, work), _masked(turned, work, "--strict")],
            folder / "strict.jpg",
            across=3,
        )
        sheet([_zones(street, work), _with_zones(street, work)], folder / "zones.jpg")
        stretches(work, folder / "stretches.jpg")


def scene() -> Image.Image:
    """Return a street: a person before a wall with a poster and a window, a car's plate, a sign."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    wall = 150 + 14 * ((columns // 40 + rows // 18) % 2) - rows * 0.12
    picture = Image.fromarray(np.stack([wall, wall * 0.93, wall * 0.84], axis=2).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 300, WIDTH, HEIGHT), fill=(88, 88, 92))
    picture.paste(portrait().resize((250, 250)), (20, 62))
    draw.rectangle((263, 25, 373, 135), fill=(60, 50, 44))
    picture.paste(portrait().resize((100, 100)), (268, 30))
    draw.rectangle((400, 20, 620, 140), fill=(196, 214, 224), outline=(90, 80, 70), width=6)
    draw.line((510, 20, 510, 140), fill=(90, 80, 70), width=4)
    _car(draw)
    return _written(picture, (("B 84K29", 438, 300, 0.75), ("STATION STREET", 290, 178, 0.6)))


def falling() -> Image.Image:
    """Return the face at four turns: upright, on both sides, upside down."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), (214, 220, 216))
    face = portrait().crop((130, 10, 330, 210)).resize((140, 140))
    for number, degrees in enumerate((0, 90, 180, 270)):
        picture.paste(face.rotate(degrees), (12 + 158 * number, 110))
    return picture


def _car(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((370, 220, 630, 330), 26, fill=(128, 34, 40))
    draw.rounded_rectangle((420, 176, 590, 240), 22, fill=(96, 24, 30))
    draw.rounded_rectangle((436, 184, 574, 224), 14, fill=(180, 200, 210))
    for x in (384, 578):
        draw.ellipse((x, 252, x + 38, 284), fill=(244, 238, 206))
    draw.rectangle((428, 276, 572, 310), fill=(240, 240, 236), outline=(30, 30, 30), width=2)
    draw.rectangle((284, 156, 500, 188), fill=(30, 70, 130))


def _written(picture: Image.Image, lines: Sequence[tuple[str, int, int, float]]) -> Image.Image:
    drawn: NDArray[np.uint8] = np.array(picture)
    for text, x, y, size in lines:
        colour = (20, 20, 24) if text.startswith("B") else (244, 244, 244)
        cv2.putText(drawn, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, size, colour, 2, cv2.LINE_AA)
    return Image.fromarray(drawn)


def _masked(source: Path, work: Path, *options: str) -> Image.Image:
    out = work / "masked.png"
    _yingbi("mask", source, "-o", out, "--force", *options)
    with Image.open(out) as picture:
        return picture.convert("RGB")


def _zones(source: Path, work: Path) -> Image.Image:
    zones, out = work / "zones.toml", work / "zones.png"
    zones.write_text(ZONES)
    _yingbi("mask", source, "-o", work / "unused.png", "--zones", zones, "--show-zones", out)
    with Image.open(out) as picture:
        return picture.convert("RGB")


def _with_zones(source: Path, work: Path) -> Image.Image:
    return _masked(source, work, "--zones", str(work / "zones.toml"))


def _yingbi(*arguments: object) -> None:
    subprocess.run([COMMAND, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def sheet(panels: Sequence[Image.Image], out: Path, across: int = 2) -> None:
    """Write the pictures beside and below each other, so many in a row."""
    width, height = PANEL
    down = -(-len(panels) // across)
    size = across * width + (across - 1) * GAP, down * height + (down - 1) * GAP
    whole = Image.new("RGB", size, "white")
    for number, panel in enumerate(panels):
        x, y = number % across * (width + GAP), number // across * (height + GAP)
        whole.paste(panel.resize(PANEL), (x, y))
    whole.save(out, quality=80)


def stretches(work: Path, out: Path) -> None:
    """Draw a masked film group by group: green under what was copied, grey under what was encoded."""
    film, masked, report = work / "film.mp4", work / "masked.mp4", work / "report.json"
    _with_groups(make_sample(work / "sample.mp4"), film)
    _yingbi("mask", film, "-o", masked, "--report", report)
    (told,) = json.loads(report.read_text("utf-8"))["inputs"]
    with av.open(str(film)) as container:
        ticks = round(1 / (FPS * float(container.streams.video[0].time_base or 1)))
    copied = told["passthrough"]["ranges"]
    width, height = SMALL
    middles = range(GROUP // 2, int(told["frames"]), GROUP)
    whole = Image.new("RGB", (len(middles) * (width + GAP) - GAP, height + BAR), "white")
    draw = ImageDraw.Draw(whole)
    for number, frame in enumerate(frames_of(masked, middles)):
        x, pts = number * (width + GAP), middles[number] * ticks
        same = any(first <= pts <= last for first, last in copied)
        whole.paste(frame.resize(SMALL), (x, 0))
        draw.rectangle((x, height + GAP, x + width, height + BAR), fill=GREEN if same else GREY)
    whole.save(out, quality=80)


def _with_groups(source: Path, out: Path) -> None:
    """Write the film once more with a key frame every second, as cameras do."""
    with av.open(str(source)) as film, av.open(str(out), "w") as copy:
        picture = film.streams.video[0]
        options = {"preset": "veryfast", "g": str(GROUP), "sc_threshold": "0", "bf": "0"}
        track = copy.add_stream("libx264", rate=FPS, options=options)
        track.width, track.height, track.pix_fmt = picture.width, picture.height, "yuv420p"
        for frame in film.decode(picture):
            copy.mux(track.encode(frame.reformat(format="yuv420p")))
        copy.mux(track.encode(None))


if __name__ == "__main__":
    main()
