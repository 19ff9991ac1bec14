"""Attempts on the rows of the catalogue."""

from pathlib import Path
from uuid import UUID

from attack_house import edited
from attacks import ATTEMPTS, CAT, attempt, body_of, rows, swap

HERE = "WHERE object_id = :first"
MINE = "WHERE object_id = :first AND kind = 'masked'"

rows("box: two rows swapped", CAT, swap("boxes", "sealed", "box_id", ":hall", ":yard"))
rows(
    "box: a looser policy copied over a stricter one", CAT,
    "UPDATE boxes SET sealed = (SELECT sealed FROM boxes WHERE box_id = :hall) WHERE box_id = :yard",
)  # fmt: skip
rows(
    "box: a row of another vault", CAT,
    "UPDATE boxes SET sealed = (SELECT sealed FROM their.boxes WHERE box_id = :their_hall)",
)  # fmt: skip
rows(
    "box: its end altered",
    CAT,
    "UPDATE boxes SET sealed = CAST(substr(sealed, 1, length(sealed) - 9) || 'nine more' AS BLOB)",
)
rows("box: removed", CAT, "DELETE FROM boxes WHERE box_id = :hall")
rows(
    "box: one added", CAT,
    "INSERT INTO boxes SELECT :new, controller_id, sealed FROM boxes WHERE box_id = :hall",
)  # fmt: skip

for column, value in {
    "box_id": ":yard", "level": "1", "level ": "77", "epoch": "epoch + 1", "retention": "4",
    "sealed_info": "(SELECT sealed_info FROM objects WHERE object_id = :second)",
    "sealed_info ": "x''", "object_id": ":new", "controller_id": ":new",
}.items():  # fmt: skip
    rows(
        f"object: {column}= {value}", CAT, f"UPDATE objects SET {column} = {value} {HERE}",
        harmless=column == "controller_id",
    )  # fmt: skip
rows("object: removed", CAT, f"DELETE FROM objects {HERE}")
rows(
    "object: removed with its parts",
    CAT,
    f"DELETE FROM objects {HERE}",
    f"DELETE FROM parts {HERE}",
)
rows(
    "object: doubled under a new id", CAT,
    f"INSERT INTO objects SELECT :new, controller_id, box_id, level, epoch, retention, sealed_info FROM objects {HERE}",
)  # fmt: skip
rows(
    "object: one of another vault", CAT,
    "INSERT INTO objects SELECT object_id, controller_id, :hall, level, epoch, retention,"
    " sealed_info FROM their.objects WHERE object_id = :their_first",
)  # fmt: skip
rows(
    "object: an original moved to the box that gives originals out", CAT,
    "UPDATE objects SET box_id = :hall WHERE object_id = :other",
)  # fmt: skip

for column, value in {
    "file_name": "'00/' || substr(file_name, 4)", "file_name ": "'../../../etc/passwd'",
    "segments": "segments + 1", "size": "size + 1", "final_seal": "zeroblob(32)",
    "sealed_index": "(SELECT sealed_index FROM parts WHERE object_id = :second AND kind = 'masked')",
    "kind": "'roi'", "kind ": "'nonsense'",
}.items():  # fmt: skip
    rows(f"part: {column}= {value}", CAT, f"UPDATE parts SET {column} = {value} {MINE}")
rows(
    "part: its file's name is that of a decoy", CAT,
    f"UPDATE parts SET file_name = 'ab/{'12' * 15}.yb' {MINE}",
)  # fmt: skip
rows(
    "part: files of two objects swapped by name", CAT,
    f"UPDATE parts SET file_name = 'x' || file_name {MINE}",
    f"UPDATE parts SET file_name = (SELECT substr(x.file_name, 2) FROM parts AS x {MINE.replace('object_id', 'x.object_id').replace('kind', 'x.kind')})"
    " WHERE object_id = :second AND kind = 'masked'",
    f"UPDATE parts SET file_name = 'ab/{'34' * 15}.yb' {MINE}",
)  # fmt: skip
rows("part: removed", CAT, f"DELETE FROM parts {MINE}")
rows(
    "part: another object's given to this one", CAT,
    f"DELETE FROM parts {MINE}",
    "UPDATE parts SET object_id = :first WHERE object_id = :second AND kind = 'masked'",
)  # fmt: skip
rows(
    "part: original and masked film exchange their names", CAT,
    f"UPDATE parts SET kind = 'x' {HERE} AND kind = 'raw'",
    f"UPDATE parts SET kind = 'raw' {MINE}",
    f"UPDATE parts SET kind = 'masked' {HERE} AND kind = 'x'",
)  # fmt: skip

RECEIPT = (
    "INSERT INTO erasures (object_id, controller_id, box_id, intended_at, erased_at,"
    " lock_store_id, promised_at, final_at) SELECT :first, controller_id, box_id, intended_at, {erased},"
    " lock_store_id, promised_at, {final} FROM erasures WHERE object_id = :erased"
)
rows("receipt: forged, erased", CAT, RECEIPT.format(erased="erased_at", final="NULL"))
rows("receipt: forged, final", CAT, RECEIPT.format(erased="erased_at", final="erased_at"))
rows("receipt: forged, to be finished", CAT, RECEIPT.format(erased="NULL", final="NULL"))
rows("receipt: removed", CAT, "DELETE FROM erasures")
rows("receipt: back-dated", CAT, "UPDATE erasures SET erased_at = '2020-01-01T00:00:00+00:00'")
rows(
    "receipt: decided earlier", CAT, "UPDATE erasures SET intended_at = '2020-01-01T00:00:00+00:00'"
)
rows("receipt: called final", CAT, "UPDATE erasures SET final_at = erased_at")
rows("receipt: of another box", CAT, "UPDATE erasures SET box_id = :yard")
rows("receipt: nonsense for a key", CAT, "UPDATE erasures SET lock_store_id = x'00'", harmless=True)
rows("receipt: nonsense for a time", CAT, "UPDATE erasures SET erased_at = 'soon'")

rows("subject: two swapped", CAT, swap("subjects", "sealed", "subject_id", ":ada", ":bea"))
rows("subject: removed", CAT, "DELETE FROM subjects WHERE subject_id = :ada")
rows(
    "consent: moved to another person",
    CAT,
    "UPDATE consents SET subject_id = :bea WHERE subject_id = :ada",
)
rows("consent: contents swapped", CAT, swap("consents", "sealed", "subject_id", ":ada", ":bea"))
rows(
    "consent: put back to before its withdrawal", CAT,
    "UPDATE consents SET sealed = (SELECT x.sealed FROM old.consents AS x WHERE x.subject_id = :ada) WHERE subject_id = :ada",
)  # fmt: skip
rows("consent: removed", CAT, "DELETE FROM consents WHERE subject_id = :bea")
rows(
    "link: given to another object",
    CAT,
    "UPDATE appearances SET object_tag = (SELECT min(object_tag) FROM appearances)",
)
rows(
    "link: given to another person",
    CAT,
    "UPDATE appearances SET subject_tag = (SELECT min(subject_tag) FROM appearances)",
)
rows("link: contents cut", CAT, "UPDATE appearances SET sealed = substr(sealed, 2)")

rows(
    "door: a revoked one put back", CAT,
    "UPDATE devices SET sealed = (SELECT x.sealed FROM old.devices AS x WHERE x.device_id = devices.device_id)"
    " WHERE device_id IN (SELECT device_id FROM old.devices)",
)  # fmt: skip
rows(
    "door: one of another vault",
    CAT,
    "INSERT INTO devices SELECT device_id, controller_id, :hall, sealed FROM their.devices LIMIT 1",
)
rows(
    "door: an own key for an own id",
    CAT,
    "INSERT INTO devices VALUES (:new, :new, :hall, randomblob(1052))",
)
rows("door: moved to another box", CAT, "UPDATE devices SET box_id = :yard")
rows("door: removed", CAT, "DELETE FROM devices")

rows(
    "log: last entry cut off",
    CAT,
    "DELETE FROM log WHERE sequence = (SELECT max(sequence) FROM log)",
)
rows(
    "log: an entry altered",
    CAT,
    "UPDATE log SET entry = CAST(substr(entry, 1, length(entry) - 1) || 'x' AS BLOB) WHERE sequence = 3",
)
rows("log: an entry removed", CAT, "DELETE FROM log WHERE sequence = 2")
rows("log: two entries swapped", CAT, swap("log", "entry", "sequence", "2", "3"))
rows(
    "log: another vault's entries",
    CAT,
    "UPDATE log SET entry = (SELECT x.entry FROM their.log AS x WHERE x.sequence = log.sequence)",
)
rows("log: emptied", CAT, "DELETE FROM log")
rows("log: its size altered", CAT, "UPDATE log_state SET size = size - 1")
rows("log: its frontier altered", CAT, "UPDATE log_state SET frontier = substr(frontier, 2)")

DYING = (
    "INSERT INTO dying_locks VALUES (:first, (SELECT controller_id FROM objects LIMIT 1), {ids})"
)
rows("dying locks: nonsense", CAT, DYING.format(ids="randomblob(100)"), harmless=True)
rows(
    "dying locks: of an object that is not there",
    CAT,
    DYING.replace(":first", ":new").format(ids="randomblob(64)"),
    harmless=True,
)


@attempt("dying locks: a live object's own", harmless=True)
def _(scene, vault, _other):
    segments = b"".join(segments_in(vault, scene.first))
    with edited(vault, CAT) as db:
        db.execute(
            "INSERT INTO dying_locks SELECT object_id, controller_id, ? FROM objects"
            " WHERE object_id = ?", (segments, scene.first.bytes),
        )  # fmt: skip


@attempt("dying locks: a live object's own, under a forged receipt")
def _(scene, vault, other):
    ATTEMPTS["dying locks: a live object's own"](scene, vault, other)
    ATTEMPTS["receipt: forged, final"](scene, vault, other)


def segments_in(vault: Path, object_id: UUID) -> list[bytes]:
    """The ids of an object's segments, which stand in clear in their headers."""
    found = []
    for kind in ("masked", "records", "raw"):
        content = body_of(vault, object_id, kind).read_bytes()
        at = content.find(b"YBV1")
        while at >= 0:
            found.append(content[at + 58 : at + 74])
            at = content.find(b"YBV1", at + 1)
    return found
