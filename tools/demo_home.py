"""Tell the story of a home on one film: from a fall to an event, a notice, a figure and a page.

    .venv/bin/python tools/demo_home.py [--out DIR] [--lang en|zh] [FILM]

Everything is written under demo-home-out/. Level 1, structured only: no picture is written there
but the film that the story begins with, which is drawn, or yours: at its end everything is searched.
"""

import json
import shlex
import time
from datetime import datetime, timedelta
from pathlib import Path

from demo import begun
from demo_scan import confined, prove_nothing_left
from demo_tell import Story, StoryError, give_up, shown_path
from home_film import make_home_film
from yingbi.domain.messages import say

SHOWS = ("<img", "<image", "<video", "<script", "<iframe", "src=", "url(", "http://", "https://")
"""What a page that shows a picture or asks for something would hold."""


def main() -> None:
    """Run the demo; exit 1 where a step gives what the story does not say."""
    story, film, _, began = begun("demo-home")
    try:
        page = tell(story, story.folder, film)
    except StoryError as failed:
        give_up(say("The demo stopped: this did not come true: {claim}", claim=failed))
    print()
    print(say("All came true, in {n} seconds.", n=round(time.monotonic() - began)))
    print(say("The day on one page: {page}", page=shown_path(page)))


def tell(story: Story, folder: Path, own: Path | None) -> Path:
    """Tell all steps in order; return the page of the day."""
    vault, figures = folder / "vault", folder / "figures.mp4"
    story.environment |= confined(folder)

    def yingbi(*words: str | Path) -> str:
        return story.run("--vault", vault, *words).out

    film = own.absolute() if own else folder / "evening.mp4"
    story.chapter(say("An evening at home"))
    if own is None:
        make_home_film(film)
        story.tell(say("Nobody was filmed: the person and the room are drawn."))
    story.chapter(say("A box for the home"))
    yingbi("vault", "init", "--suite", "intl")
    yingbi("box", "create", "home", "--level", "1", "--scene", "home-interior")
    yingbi("subject", "add", "Grandma")
    fields = "identity,pose,behaviour,event"
    given = json.loads(
        yingbi(
            "consent",
            "add",
            "Grandma",
            "--basis",
            "consent",
            "--fields",
            fields,
            "--until",
            "2099-12-31",
            "--json",
        )
    )
    story.chapter(say("From the film to records"))
    start = datetime.now().astimezone().replace(hour=19, minute=0, second=0, microsecond=0)
    at = ["--box", "home", "--camera", "living", "--subject", "Grandma"]
    first = yingbi("protect", film, *at, "--recorded-at", start.isoformat()).split()[0]
    kinds, events = records_of(story, vault, folder, first)
    story.proven(say("records were written, poses among them"), holds="pose" in kinds)
    story.proven(say("the fall is an event"), holds="fell" in events or own is not None)
    story.chapter(say("Asked, seen, told"))
    answer = yingbi("query", "--box", "home", "--event", "fell")
    story.proven(say("the index tells when"), holds="19:00" in answer or own is not None)
    yingbi("open", first, "--part", "preview", "-o", figures)
    told = folder / "told.txt"
    order = "fell=/bin/sh -c " + shlex.quote(f"printenv YINGBI_TEXT >> {shlex.quote(str(told))}")
    story.run("live", film, "--level", "1", "--quiet", "--once", "--on", order)
    story.proven(say("somebody was told of the fall"), holds=told.is_file() or own is not None)
    story.chapter(say("She agrees to poses no more"))
    yingbi("consent", "withdraw", given["id"])
    yingbi(
        "consent",
        "add",
        "Grandma",
        "--basis",
        "consent",
        "--until",
        "2099-12-31",
        "--fields",
        "identity,behaviour,event",
    )
    later = (start + timedelta(hours=1)).isoformat()
    second = yingbi("protect", film, *at, "--recorded-at", later).split()[0]
    kinds, _ = records_of(story, vault, folder, second)
    story.proven(
        say("what she withdrew is not there"), holds="pose" not in kinds and "event" in kinds
    )
    story.chapter(say("The day on one page"))
    page = folder / "day.html"
    yingbi("day", start.date().isoformat(), "--box", "home", "-o", page)
    text = page.read_text("utf-8")
    story.proven(
        say("the page shows no picture and asks for nothing"),
        holds=not any(mark in text for mark in SHOWS),
    )
    story.chapter(say("Is there any picture?"))
    prove_nothing_left(story, film, figures)
    return page


def records_of(
    story: Story, vault: Path, folder: Path, object_id: str
) -> tuple[set[str], set[str]]:
    """Return the kinds and the events of an object's records."""
    out = folder / f"{object_id}.jsonl"
    story.run("--vault", vault, "open", object_id, "--part", "records", "-o", out)
    records = [json.loads(line) for line in out.read_text().splitlines()]
    kinds = {one["kind"] for one in records if "kind" in one}
    return kinds, {one["event"] for one in records if "event" in one}


if __name__ == "__main__":
    main()
