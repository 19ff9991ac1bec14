"""Tell which lines of text may be the plate of a vehicle.

A plate too many costs a covered sign; one too few tells whose vehicle it is.
"""

from collections.abc import Sequence

from yingbi.media.blobs import Blob

NARROWEST, WIDEST = 1.4, 8.0
"""Length by breadth. One row of China 440 x 140 and of Europe 520 x 113 is 3.1 and 4.6, seen
aslant less; of two rows the text detector sees each, of two to six signs."""


def plates(lines: Sequence[Blob]) -> list[Blob]:
    """Return the lines that may be plates."""
    return [line for line in lines if NARROWEST <= line.length / line.breadth <= WIDEST]
