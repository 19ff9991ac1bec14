"""Tell the whole story on one film, by the command that a user has; stop where it fails.

    .venv/bin/python tools/demo.py [--out DIR] [--lang en|zh] [FILM]

Everything is written under demo-out/: the films, the vault, pictures, and index.html.
"""

import argparse
import hashlib
import json
import os
import secrets
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import demo_pictures as pictures
from demo_page import write_page
from demo_tell import Story, StoryError, give_up, shown_path
from sample_film import make_sample
from yingbi.domain.messages import choose_language, say, say_count, use_language

MARKER = ".made-by-yingbi-demo"
MOMENTS = (0.05, 0.24, 0.78, 0.99)
"""Shares of the film: in the sample before the face comes, as it enters, near, in the dark."""
PURPOSE = "insurance claim 2026-17"


def main() -> None:
    """Run the demo; exit 1 where a step gives what the story does not say."""
    story, film, language, began = begun("demo")
    folder = story.folder
    try:
        _tell(Demo(story, folder), film)
    except StoryError as failed:
        give_up(say("The demo stopped: this did not come true: {claim}", claim=failed))
    lead = say(
        "Everything below was run on this machine by 'make demo'; each ✓ was checked, and the demo would have stopped otherwise."
    )
    page = write_page(folder, story.chapters, language, lead)
    print()
    print(say("All came true, in {n} seconds.", n=round(time.monotonic() - began)))
    print(say("The story with its pictures: {page}", page=shown_path(page)))
    if film:
        print(say("That folder shows your film in clear; 'rm -r' it when you have seen enough."))


def begun(name: str) -> tuple[Story, Path | None, str, float]:
    """Read the command line; return the story in its emptied folder, the user's film, the language, and when it began."""
    language = choose_language(sys.argv[1:], os.environ)
    use_language(language)
    parser = argparse.ArgumentParser(prog=f"{name.replace('-', '_')}.py")
    parser.add_argument("film", nargs="?", type=Path)
    parser.add_argument("--out", type=Path, default=Path(f"{name}-out"))
    parser.add_argument("--lang", choices=["en", "zh"])
    asked = parser.parse_args()
    folder = emptied(asked.out.absolute())
    began = time.monotonic()
    return (
        Story(folder, language, fresh_passphrase(folder / "passphrase")),
        asked.film,
        language,
        began,
    )


def emptied(folder: Path) -> Path:
    """Return the folder, new or emptied; only what an earlier demo made is emptied."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).is_file():
            told = say("'{folder}' holds files that no demo made; move them away.", folder=folder)
            give_up(told)
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MARKER).touch()
    return folder


def fresh_passphrase(path: Path) -> Path:
    """Write a fresh passphrase into a file that only its owner reads."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(18))
    return path


@dataclass(slots=True)
class Demo:
    """What the steps hand on to each other."""

    story: Story
    folder: Path
    film: Path = Path()
    own: bool = False
    frames: int = 0
    best: int = 0
    boxes: tuple[tuple[int, ...], ...] = ()

    @property
    def vault(self) -> Path:
        """The vault's folder."""
        return self.folder / "vault"

    def bodies(self) -> list[Path]:
        """Return the sealed files of the vault."""
        return sorted(self.vault.glob("objects/??/*"))

    def yingbi(self, *arguments: str | Path, vault: Path | None = None, **wanted: Any) -> str:
        """Run a command on the vault and return what it printed."""
        return self.story.run("--vault", vault or self.vault, *arguments, **wanted).out

    def protect(self, what: Path, box: str) -> str:
        """Protect, and return the object's id."""
        return self.yingbi("protect", what, "--box", box).split()[0]

    def frame_of(self, film: Path) -> Any:
        """Return the frame of a film in which most is to be seen."""
        return pictures.frames_of(film, [self.best])[0]


def _tell(demo: Demo, film: Path | None) -> None:
    """Tell all steps in order."""
    the_film(demo, film)
    who_is_in_it(demo)
    masked(demo)
    the_vault(demo)
    level_1(demo)
    obscured = level_2(demo)
    original = level_3(demo)
    delivered = by_a_door(demo)
    whole(demo)
    altered(demo, obscured)
    shutil.copytree(demo.vault, demo.folder / "vault-before")
    somebody_asks(demo, delivered)
    erased(demo, original)
    the_log(demo, original)
    witnessed(demo)


def the_film(demo: Demo, film: Path | None) -> None:
    """Make the sample, or take the user's film."""
    story = demo.story
    story.chapter(say("The film"))
    if film is None:
        demo.film = make_sample(demo.folder / "film.mp4")
        story.tell(
            say(
                "A camera moves along a wall. On it hangs NASA's portrait of the astronaut Eileen Collins: the face enters from the border, leaves, comes again and turns dark."
            )
        )
    else:
        if not film.is_file():
            raise StoryError(say("'{path}' is a film or a picture", path=film))
        demo.own = True
        try:
            demo.film = pictures.beginning(film.absolute(), demo.folder / "film.mp4")
        except pictures.UNREADABLE:
            raise StoryError(say("'{path}' is a film or a picture", path=film)) from None
        story.tell(say("Your own: {path} (of a long film, the first 20 seconds).", path=film))
    demo.frames = pictures.frame_count(demo.film)
    story.proven(say_count("{n} frame", "{n} frames", demo.frames), holds=demo.frames > 0)
    moments = [int(share * demo.frames) for share in MOMENTS]
    pictures.side_by_side(pictures.frames_of(demo.film, moments), demo.folder / "01-film.png")
    story.picture("01-film.png", say("Moments of the film"))


def who_is_in_it(demo: Demo) -> None:
    """Detect, and choose the frame that the pictures show."""
    story = demo.story
    story.chapter(say("Who is in it?"))
    story.tell(
        say(
            "The networks run on this machine; nothing leaves it. One line a frame says what was found, where, how surely, and as which number. No face is recognised: who comes back gets a new number."
        )
    )
    told = story.run("detect", demo.film, "--json", pick=['"kind"']).out
    lines = [json.loads(line) for line in told.splitlines()]
    story.proven(
        say("Each of the {n} frames has its line", n=len(lines)), holds=len(lines) == demo.frames
    )
    seen = [line for line in lines if any(r["kind"] == "face" for r in line["regions"])]
    if not demo.own:
        claim = say("A face was found in {n} of {all} frames", n=len(seen), all=demo.frames)
        story.proven(claim, holds=len(seen) >= demo.frames // 3)
    best = max(seen or lines, key=_surest)
    demo.best = best["frame"]
    demo.boxes = tuple(tuple(region["box"]) for region in best["regions"])


def _surest(line: dict[str, Any]) -> float:
    return max((r["score"] for r in line["regions"] if r["kind"] == "face"), default=0.0)


def masked(demo: Demo) -> None:
    """Mask, and show it beside the original."""
    story, out = demo.story, demo.folder / ("masked" + demo.film.suffix)
    story.chapter(say("Masked"))
    story.tell(
        say(
            "A copy in which faces and people are one flat colour, a little larger than they were found. Nothing is blurred: a blur can be undone or matched again. The sound is left out unless asked for."
        )
    )
    story.run("mask", demo.film, "-o", out)
    story.proven(
        say("The copy has as many frames as the film"),
        holds=pictures.frame_count(out) == demo.frames,
    )
    before, after, face = demo.frame_of(demo.film), demo.frame_of(out), demo.folder / "frame.png"
    flat = all(pictures.is_flat(after, box) for box in demo.boxes)
    story.proven(say("Where somebody was found, one colour is left"), holds=flat)
    story.tell(say("Who needs the clothes and the gestures covers faces alone:"))
    before.save(face)
    only_faces = demo.folder / "frame-faces.png"
    story.run("mask", face, "-o", only_faces, "--targets", "face")
    panels = [before, after, pictures.frames_of(only_faces)[0]]
    pictures.side_by_side(panels, demo.folder / "02-before-after.png")
    story.picture("02-before-after.png", say("Before; people and faces masked; faces alone masked"))


def the_vault(demo: Demo) -> None:
    """Make the vault and its boxes."""
    story = demo.story
    story.chapter(say("A vault with boxes"))
    story.tell(
        say(
            "Mostly a copy is not enough: somebody may need the original one day. So it goes into a vault. Each box has keys of its own, and a level that says what becomes of what is put in."
        )
    )
    story.show(
        f"export YINGBI_PASSPHRASE_FILE={shown_path(story.passphrase)}",
        say("(a random passphrase, in a file that only its owner may read)"),
    )
    suite = "sm" if _gcrypt_works(demo) else "intl"
    demo.yingbi("vault", "init", "--suite", suite)
    demo.yingbi("box", "create", "home", "--level", "1", "--scene", "home-interior")
    demo.yingbi("box", "create", "office", "--level", "2", "--scene", "meeting")
    demo.yingbi("box", "create", "archive", "--level", "3", "--scene", "meeting")
    demo.yingbi("box", "create", "street", "--level", "3", "--scene", "community")
    rows = [row.split("\t") for row in demo.yingbi("box", "list").splitlines()]
    story.proven(
        say("There are four boxes, at levels 1, 2 and 3"),
        holds=[row[1][0] for row in rows[1:]] == ["1", "2", "3", "3"],
    )
    demo.yingbi(
        *("box", "create", "wrong", "--level", "3", "--scene", "home-interior"),
        status=2,
        code="level-too-loose",
    )
    story.proven(say("Inside a home, no less than level 1 is possible"), holds=True)


def _gcrypt_works(demo: Demo) -> bool:
    """Return whether the suite of the Chinese standards is there; say so where it is not."""
    from yingbi.crypto.suite import suite
    from yingbi.errors import LibraryMissingError

    try:
        suite("sm")
    except LibraryMissingError:
        demo.story.tell(say("libgcrypt is missing here, so the suite is intl instead of sm."))
        return False
    return True


def level_1(demo: Demo) -> None:
    """Protect at level 1: records, and a stick figure drawn from them."""
    story = demo.story
    story.chapter(say("Level 1, structured only: what happened, without a picture"))
    object_id = demo.protect(demo.film, "home")
    records, preview = demo.folder / "records.jsonl", demo.folder / "stick-figures.mp4"
    demo.yingbi("open", object_id, "-o", records)
    rows = records.read_text().splitlines()
    story.show(f"cat {shown_path(records)}", "\n".join(_one_of_each(rows)))
    if '"pose"' in records.read_text():
        demo.yingbi("open", object_id, "--part", "preview", "-o", preview)
        pictures.side_by_side(pictures.liveliest(preview, 3), demo.folder / "03-level-1.png")
        told = say("All that can be shown at level 1, drawn from records when they are opened")
        story.picture("03-level-1.png", told)
    elif not demo.own:
        raise StoryError(say("The records hold poses"))
    _no_picture(demo)


def _one_of_each(rows: list[str]) -> list[str]:
    """Return the first record of each kind and event."""
    first: dict[str, str] = {}
    for row in rows:
        record = json.loads(row)
        first.setdefault(record.get("kind", "page") + record.get("event", ""), row)
    return list(first.values())


def _no_picture(demo: Demo) -> None:
    """Show that nobody's program takes a file of the vault for a picture."""
    story = demo.story
    files = sorted(path for path in demo.vault.rglob("*") if path.is_file())
    found = [pictures.tried(path) for path in files]
    rows = [f"{one['bytes']:>9}  {one['name']}" for one in found]
    story.show(f"find {shown_path(demo.vault)} -type f -printf '%s %f\\n'", "\n".join(rows))
    taken = [one["name"] for one in found if one["opened"]]
    told = say(
        "None of these {n} files is a picture to Pillow, or to libav that ffmpeg is made of",
        n=len(found),
    )
    story.proven(told, holds=not taken)
    shared = pictures.shared_runs(demo.film, files)
    story.proven(
        say("Of 2000 places of the film, each 64 bytes long, none is in the vault"),
        holds=shared == 0,
    )


def level_2(demo: Demo) -> str:
    """Protect at level 2, and open what was kept."""
    story = demo.story
    story.chapter(say("Level 2, obscured: the masked film is kept, the original is not"))
    object_id = demo.protect(demo.film, "office")
    out = demo.folder / ("opened-level-2" + demo.film.suffix)
    demo.yingbi("open", object_id, "-o", out)
    story.proven(
        say("The opened film has as many frames as the film"),
        holds=pictures.frame_count(out) == demo.frames,
    )
    panels = [demo.frame_of(demo.film), demo.frame_of(out)]
    pictures.side_by_side(panels, demo.folder / "04-level-2.png")
    story.picture("04-level-2.png", say("The film outside, and all that the box 'office' kept"))
    original = ("open", object_id, "--raw", "--purpose", PURPOSE, "-o", demo.folder / "no.mp4")
    demo.yingbi(*original, status=77, code="raw-never")
    story.proven(
        say("Not even the owner has an original here"), holds=not (demo.folder / "no.mp4").exists()
    )
    _no_picture(demo)
    return object_id


def level_3(demo: Demo) -> str:
    """Protect at level 3, and ask for the original in four ways."""
    story = demo.story
    story.chapter(say("Level 3, raw on release: the original is sealed, and leaves by permission"))
    object_id = demo.protect(demo.film, "archive")
    original = demo.folder / ("original-again" + demo.film.suffix)
    asked = ("open", object_id, "--raw", "-o", original)
    reasoned = (*asked, "--purpose", PURPOSE)
    demo.yingbi(*asked, status=2)
    story.proven(say("Without a purpose: refused"), holds=not original.exists())
    wrong = fresh_passphrase(demo.folder / "wrong-passphrase")
    demo.yingbi(*reasoned, status=77, code="wrong-passphrase", passphrase=wrong)
    story.proven(say("With a wrong passphrase: refused"), holds=not original.exists())
    demo.yingbi(*reasoned)
    same = _digest(original) == _digest(demo.film)
    told = say("With purpose and passphrase: the original, byte for byte ({digest})")
    story.proven(told.format(digest=_digest(original)[:16]), holds=same)
    story.tell(say("What a whole community's camera saw is not for one person to open:"))
    still = demo.protect(demo.folder / "frame.png", "street")
    refused = demo.folder / "refused.png"
    demo.yingbi(
        *("open", still, "--raw", "--purpose", PURPOSE, "-o", refused),
        status=77,
        code="needs-approver",
    )
    told = say("Without a second person's approval: refused")
    story.proven(told, holds=not refused.exists())
    return object_id


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def by_a_door(demo: Demo) -> str:
    """Protect without a passphrase; what was sealed so is not for the door to open."""
    story, door = demo.story, demo.folder / "door.yb"
    story.chapter(say("A door: a camera adds, and opens nothing"))
    story.tell(
        say(
            "A machine in the corridor must not hold the passphrase. It gets a file with the box's public keys of the next days."
        )
    )
    demo.yingbi("box", "pass", "office", "-o", door, "--days", "2")
    still = demo.folder / "frame.png"
    sealed = demo.yingbi("protect", still, "--door", door, nobody=True)
    object_id = sealed.split()[0]
    out = demo.folder / "no.png"
    demo.yingbi("open", object_id, "-o", out, status=77, code="no-passphrase", nobody=True)
    story.proven(say("The door sealed without a passphrase"), holds=bool(object_id))
    story.proven(say("It cannot open what it sealed itself"), holds=not out.exists())
    rows = demo.yingbi("list", "--box", "office", pick=[object_id])
    story.proven(say("The owner's next command took it in"), holds=object_id in rows)
    return object_id


def whole(demo: Demo) -> None:
    """Verify everything."""
    demo.story.chapter(say("Is all as it was sealed?"))
    demo.story.tell(say("Every seal, every chain and the log are checked; nothing is opened."))
    told = json.loads(demo.yingbi("verify", "--json"))
    claim = say("All {n} objects are whole", n=told["objects"])
    demo.story.proven(claim, holds=told["objects"] == 5 and not told["broken"])


def altered(demo: Demo, object_id: str) -> None:
    """Change one byte in a copy of the vault."""
    story, copy = demo.story, demo.folder / "vault-altered"
    story.chapter(say("One byte is changed, in a copy of the vault"))
    shutil.copytree(demo.vault, copy)
    for body in sorted(copy.glob("objects/??/*")):
        content = bytearray(body.read_bytes())
        content[len(content) // 2] ^= 1
        body.write_bytes(content)
    story.tell(say("In the middle of each sealed file one bit is turned over."))
    demo.yingbi("verify", vault=copy, status=65, code="seal-broken")
    out = demo.folder / "altered.mp4"
    demo.yingbi("open", object_id, "-o", out, vault=copy, status=65, code="seal-broken")
    story.proven(say("It is noticed, and not one frame comes out"), holds=not out.exists())
    shutil.rmtree(copy)


def somebody_asks(demo: Demo, object_id: str) -> None:
    """Answer who asks what is held, and erase and forget them."""
    story, name = demo.story, "Eileen C."
    story.chapter(say("Somebody asks what is held of them, and wants it erased"))
    demo.yingbi("subject", "add", name)
    demo.yingbi("subject", "link", name, object_id, "--whole")
    told = demo.yingbi("subject", "show", name)
    story.proven(say("The answer names the object"), holds=object_id in told)
    demo.yingbi("erase", "--subject", name, "--forget", "--yes")
    out = demo.folder / "asked.png"
    demo.yingbi("open", object_id, "-o", out, status=66, code="object-erased")
    demo.yingbi("subject", "show", name, status=66, code="no-such-subject")
    told = say("The picture is erased and the name forgotten; the log keeps that it was done")
    story.proven(told, holds=not out.exists())


def erased(demo: Demo, object_id: str) -> None:
    """Erase, put the bytes back, and try."""
    story = demo.story
    story.chapter(say("Erased, for ever"))
    before = {path: path.read_bytes() for path in demo.bodies()}
    demo.yingbi("erase", object_id, "--yes")
    gone = [path for path in before if not path.exists()]
    count = say_count("{n} sealed file", "{n} sealed files", len(gone))
    story.proven(say("Gone from the disk: {files}", files=count), holds=len(gone) == 3)
    for path in gone:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(before[path])
    story.tell(say("Somebody kept a copy of these files and puts them back:"))
    out = demo.folder / "erased.mp4"
    demo.yingbi("open", object_id, "-o", out, status=66, code="object-erased")
    told = say("Still closed: its keys are gone, and bytes without keys are noise")
    story.proven(told, holds=not out.exists())
    for path in gone:
        path.unlink(missing_ok=True)
    story.tell(
        say(
            "A copy of the key database, made before, would still open it, until the key over that is replaced. This is done at the first opening after a day, or now:"
        )
    )
    receipt = json.loads(demo.yingbi("erase", object_id, "--final", "--yes", "--json"))
    story.proven(say("The receipt says: final"), holds=bool(receipt["final_at"]))
    story.tell(
        say(
            "Who copied the keystore as well, and knows its passphrase, is a limit that remains: see 'security' in the docs."
        )
    )


def the_log(demo: Demo, object_id: str) -> None:
    """Show who did what."""
    story = demo.story
    story.chapter(say("The log: who did what, when and why"))
    rows = [row.split("\t") for row in demo.yingbi("log", pick=[object_id]).splitlines()]
    deeds = [(row[2], row[4]) for row in rows[1:] if row[3] == object_id]
    released = [purpose for action, purpose in deeds if action == "opened"]
    story.proven(
        say("The release of the original is in it, with its purpose"), holds=PURPOSE in released
    )
    told = say("The erasure is in it, and the log itself is unbroken")
    story.proven(told, holds="erased" in {action for action, _ in deeds})


def witnessed(demo: Demo) -> None:
    """Keep a checkpoint outside, put the vault back to an older copy, and prove one entry."""
    story, before = demo.story, demo.folder / "vault-before"
    story.chapter(say("A witness: nobody turns the clock back"))
    note, proof = demo.folder / "checkpoint.note", demo.folder / "proof.json"
    demo.yingbi("log", "checkpoint", "-o", note)
    demo.yingbi("log", "verify", "--witness", note)
    story.tell(
        say(
            "Somebody puts the vault back to its copy from before the erasures. It looks whole, and does not go with the checkpoint that was kept elsewhere:"
        )
    )
    rolled = ("log", "verify", "--witness", note)
    demo.yingbi(*rolled, vault=before, status=65, code="log-rolled-back")
    shutil.rmtree(before)
    story.proven(say("The older copy is found out"), holds=not before.exists())
    demo.yingbi("log", "prove", "0", "-o", proof)
    key = str(json.loads(proof.read_text())["device"])
    story.run("log", "check", proof, "--key", key, nobody=True)
    story.proven(say("An auditor checks one entry, with neither vault nor passphrase"), holds=True)


if __name__ == "__main__":
    main()
