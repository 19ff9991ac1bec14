"""What must be said of a film so that it can be written again just as it was."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from yingbi.media.containers import Container

Matrix = tuple[int, ...]
"""The nine numbers of a display matrix, as the container holds them."""

WRITABLE = {
    "yuv420p": (1, 1, 8),
    "yuvj420p": (1, 1, 8),
    "yuv422p": (1, 0, 8),
    "yuvj422p": (1, 0, 8),
    "yuv444p": (0, 0, 8),
    "yuvj444p": (0, 0, 8),
    "gray": (0, 0, 8),
    "yuv420p10le": (1, 1, 10),
    "yuv422p10le": (1, 0, 10),
    "yuv444p10le": (0, 0, 10),
    "gray10le": (0, 0, 10),
}
"""Pixel formats that are read and written without a change: chroma shifts and depth."""


ONE, UNIT = 1 << 16, 1 << 30
TURNS_OF: dict[Matrix, int] = {
    (ONE, 0, 0, ONE): 0,
    (0, ONE, -ONE, 0): 1,
    (-ONE, 0, 0, -ONE): 2,
    (0, -ONE, ONE, 0): 3,
}
"""The turning part of a display matrix to quarter turns clockwise."""

UNSPECIFIED = 2
LIMITED_RANGE = 1


@dataclass(frozen=True, slots=True)
class Colours:
    """Colour tags after ISO/IEC 23091-2: range, primaries, transfer, matrix."""

    range: int = 0
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    matrix: int = UNSPECIFIED


@dataclass(frozen=True, slots=True)
class Mastering:
    """The screen that a film was graded on (SMPTE ST 2086), in the units of its SEI message.

    red, green, blue, white: x and y in 1/50000. darkest, brightest: in 1/10000 cd/m2.
    """

    red: tuple[int, int]
    green: tuple[int, int]
    blue: tuple[int, int]
    white: tuple[int, int]
    darkest: int
    brightest: int


@dataclass(frozen=True, slots=True)
class Hdr:
    """What HDR films say of their light.

    light: brightest pixel and brightest frame on average (CTA-861.3), in cd/m2.
    dynamic: whether there is more that changes from frame to frame; it is not written again.
    """

    mastering: Mastering | None = None
    light: tuple[int, int] | None = None
    dynamic: bool = False


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """One sound track: the name of its codec, and the ticks of its clock in a second."""

    codec: str
    clock: int


@dataclass(frozen=True, slots=True)
class Chapter:
    """Start and end of a chapter in ticks of its own clock, and what it is called."""

    start: int
    end: int
    time_base: Fraction
    name: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a film holds beside picture and sound.

    subtitles: codec of each track. data: number of tracks for machines, such as positions.
    covers: still pictures among its tracks. attachments: files. captions: whether frames carry
    captions.
    chapters: in order.
    """

    subtitles: tuple[str, ...] = ()
    data: int = 0
    covers: int = 0
    attachments: int = 0
    captions: bool = False
    chapters: tuple[Chapter, ...] = ()


@dataclass(frozen=True, slots=True)
class FilmInfo:
    """One film: its picture as stored, its clock, and how it is to be shown.

    width, height: of the stored picture. turns: quarter turns clockwise to the shown one.
    matrix: display matrix of the source, None where it has none.
    rate: frames a second on average; a hint only, pts alone say when a frame is shown.
    pixel_aspect: width of a pixel by its height, None where unsaid.
    frames: as the container counts them, None where it does not.
    sound: its sound tracks, in order. codec: the family of its picture, as libav names it.
    """

    width: int
    height: int
    pixel_format: str
    time_base: Fraction
    rate: Fraction
    turns: int = 0
    matrix: Matrix | None = None
    pixel_aspect: Fraction | None = None
    colours: Colours = Colours()
    interlaced: bool = False
    frames: int | None = None
    duration_s: float = 0.0
    sound: tuple[SoundTrack, ...] = ()
    container: Container = "mp4"
    codec: str = "h264"
    hdr: Hdr = Hdr()
    beside: Beside = Beside()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture as displayed."""
        stored = (self.width, self.height)
        return (self.height, self.width) if self.turns % 2 else stored

    @property
    def depth(self) -> int:
        """Bits of one sample."""
        return WRITABLE[self.pixel_format][2]

    @classmethod
    def plain(cls, width: int, height: int, fps: Fraction | int) -> Self:
        """Return the info of a film made from nothing: 8 bits, 4:2:0, even size."""
        rate = Fraction(fps)
        colours = Colours(LIMITED_RANGE, 1, 1, 1)
        return cls(
            width - width % 2,
            height - height % 2,
            "yuv420p",
            time_base=1 / (rate * 1000),
            rate=rate,
            colours=colours,
        )
