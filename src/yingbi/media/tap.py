"""The coded packets of a film, handed on beside its frames."""

from collections import deque
from dataclasses import dataclass, field

import av


@dataclass(slots=True)
class Tap:
    """Filled by a FilmReader while it decodes; whoever asked for it must empty it.

    What is copied from it are the very bytes that the frames were decoded from.
    stream: the picture track, set when the film is opened. packets: in order of decoding.
    """

    stream: av.VideoStream | None = None
    packets: "deque[av.Packet[av.VideoStream]]" = field(default_factory=deque)
    closed: bool = False

    def take(self, packet: "av.Packet[av.VideoStream]") -> None:
        """Take in the next packet; one without content only ends the decoding."""
        if packet.size and not self.closed:
            self.packets.append(packet)

    def close(self) -> None:
        """Let packets pass from now on."""
        self.closed = True
        self.packets.clear()
