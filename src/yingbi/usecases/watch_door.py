"""What arrives is sealed through a door: each file once, also where we die while it is left.

Before a delivery gets its name in the vault's inbox it is kept here, sealed as it is, and
that is remembered. Who dies then finds it at the next start: what the inbox holds is done;
what it does not hold is left there again, byte for byte. The vault knows its own: what it
has taken in already it takes in no second time.

Nothing here may load what opens, as in `door_desk`.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from yingbi.capture.inputs import Input
from yingbi.domain.box import BoxPolicy
from yingbi.domain.messages import say
from yingbi.domain.report import Progress
from yingbi.envelope.delivery import first_slip
from yingbi.errors import ReadWriteError, SealBrokenError, YingbiError
from yingbi.keys.epoch import day_of_epoch
from yingbi.media.output import new_file, sweep
from yingbi.seal.door import Door
from yingbi.store.deliver import Counter, DeliveryWriter
from yingbi.store.inbox import Inbox, Outgoing
from yingbi.usecases.door_desk import DoorDesk
from yingbi.usecases.protect import Desk, Protector
from yingbi.usecases.watch_arrivals import Arrival
from yingbi.usecases.watch_memory import Known, Memory, State
from yingbi.usecases.watch_quarantine import Quarantine, make_folder
from yingbi.usecases.watch_work import Done, came_to

Keep = Callable[[bytes], None]
"""Takes a delivery before it has its name."""


class _KeptOutgoing(Outgoing):
    def __init__(self, inner: Outgoing, keep: Keep) -> None:
        self._inner, self._keep = inner, keep

    def finish(self, content: bytes, day: date) -> None:
        self._keep(content)
        self._inner.finish(content, day)

    def discard(self) -> bool:
        return self._inner.discard()


class _KeptInbox(Inbox):
    """An inbox of which every delivery is kept before it has its name."""

    def __init__(self, root: Path, keep: Keep) -> None:
        super().__init__(root)
        self._keep = keep

    def begin(self) -> Outgoing:
        return _KeptOutgoing(super().begin(), self._keep)


@dataclass(frozen=True, slots=True)
class _KeptDesk:
    """A door; `keep` is handed an object's id and its delivery."""

    desk: DoorDesk
    inbox: Path
    keep: Callable[[UUID, bytes], None] = field(repr=False)

    @property
    def policy(self) -> BoxPolicy:
        return self.desk.policy

    @property
    def facts(self) -> Mapping[str, str]:
        return self.desk.facts

    def door(self, object_id: UUID, now: datetime) -> Door:
        return self.desk.door(object_id, now)

    def writer(self, door: Door, now: datetime, camera: str | None) -> DeliveryWriter:
        inbox = _KeptInbox(self.inbox, partial(self.keep, door.object_id))
        counter = Counter(self.desk.counter.shelf, inbox)
        return replace(self.desk, counter=counter).writer(door, now, camera)


@dataclass(frozen=True, slots=True)
class DoorWork:
    """Sealing through a door; a `Work`.

    stand: opens the door for one file, so that the vault's owner finds it alone between two.
    protector: what seals, for a desk. inbox: the vault's. state: the folder of the memory.
    """

    stand: Callable[[], AbstractContextManager[DoorDesk]]
    protector: Callable[[Desk], Protector]
    memory: Memory
    inbox: Path
    state: Path
    removes: bool = False

    def settle(self, memory: Memory) -> list[Done]:
        """Bring to its end what was being left when we died or the disk failed.

        Raises: as `open_door` does; ReadWriteError.
        """
        found: list[Done] = []
        leaving = memory.of(State.LEAVING)
        if leaving:
            with self.stand() as desk:
                for place, known in leaving.items():
                    found += self._resolve(desk, place, known)
        self._sweep()
        return found

    def output_of(self, arrival: Arrival) -> str:
        """Return nothing: what is sealed has no place that it could take from another."""
        return ""

    def make_room(self, arrival: Arrival, known: Known) -> None:
        """Do nothing: what the file was before lies in the vault, and stays there."""

    def do(self, arrival: Arrival, begun: Known, progress: Progress) -> Done:
        """Seal it; when this returns the vault has it, or its inbox.

        Raises: what sealing raises, DoorExpiredError and VaultLockedError among it.
        """

        def keep(object_id: UUID, content: bytes) -> None:
            make_folder(self._leaving)
            with new_file(self._kept(str(object_id)), force=True) as file:
                file.write(content)
            leaving = replace(begun, state=State.LEAVING, object_id=str(object_id))
            self.memory.note(arrival.place, leaving)

        with self.stand() as desk:
            protector = self.protector(_KeptDesk(desk, self.inbox, keep))
            done = protector.protect(Input(arrival.path, arrival.place), progress)
        self._quarantine.clear(arrival.place)
        object_id = str(done.object_id)
        return Done(arrival.place, done.tally, object_id=object_id, told=done.to_json())

    def refuse(self, arrival: Arrival, sha256: str, error: YingbiError) -> None:
        """Write the record, beside the memory."""
        self._quarantine.record(arrival, sha256, error)

    def remove(self, arrival: Arrival, known: Known) -> str:
        """Return why sources of a door always stay."""
        return say("a door cannot verify what it left")

    def _resolve(self, desk: DoorDesk, place: Path, known: Known) -> list[Done]:
        """Find out whether a delivery was left; leave it again where that is not sure."""
        if not self._left(desk, known.object_id):
            self.memory.note(place, replace(known, state=State.BEGUN, object_id=""))
            return []
        self._quarantine.clear(place)
        done = Done(place, object_id=known.object_id, told={"id": known.object_id})
        self.memory.note(place, came_to(known, done))
        return [done]

    def _left(self, desk: DoorDesk, object_id: str) -> bool:
        """Return whether the delivery is there, now or since; False where its bodies are gone."""
        path, counter = self._kept(object_id), desk.counter
        try:
            content = path.read_bytes()
            slip = first_slip(content)
            if set(slip.bodies) <= counter.inbox.claimed():
                return True
            for name in slip.bodies:
                counter.shelf.open(name).close()
        except (FileNotFoundError, SealBrokenError):
            return False
        except OSError as error:
            raise ReadWriteError(path=path, reason=error.strerror) from error
        counter.inbox.begin().finish(content, day_of_epoch(slip.epoch))
        return True

    def _sweep(self) -> None:
        """Remove kept deliveries that nobody needs any more."""
        needed = {one.object_id for one in self.memory.of(State.LEAVING).values()}
        sweep(self._leaving)
        if self._leaving.is_dir():
            for path in self._leaving.glob("*.yd"):
                if path.stem not in needed:
                    path.unlink(missing_ok=True)

    @property
    def _quarantine(self) -> Quarantine:
        return Quarantine(self.state / "quarantine")

    @property
    def _leaving(self) -> Path:
        return self.state / "leaving"

    def _kept(self, object_id: str) -> Path:
        return self._leaving / f"{object_id}.yd"
