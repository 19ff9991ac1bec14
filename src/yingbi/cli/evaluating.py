"""`models evaluate` and `models card`: how good a network is here, and the card that says so."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, TRUSTED
from yingbi.cli.settings import settings_of
from yingbi.domain import card_words as words
from yingbi.domain.messages import say

if TYPE_CHECKING:
    from yingbi.domain.model_card import Card
    from yingbi.models.card import Standing

FILE = click.Path(path_type=Path)
FORCE = click.option("--force", is_flag=True, help=say("Replace an existing file."))


def in_words(stands: "Standing") -> str:
    """Return in one line what a network's card says."""
    return words.in_words(stands.state, stands.card)


@click.command(
    "evaluate", help=say("Measure the network NAME on pictures, and make its signed model card.")
)
@click.argument("name")
@click.option(
    "--data",
    type=FILE,
    envvar="YINGBI_EVAL_DATA",
    required=True,
    metavar="FOLDER",
    help=say(
        "Pictures with truth.json, truth.csv or a folder for each person; or evaluation data."
    ),
)
@click.option(
    "--target",
    type=click.Choice(["face", "person", "plate"]),
    help=say("What a network of your own looks for (default: face)."),
)
@click.option("-o", "out", type=FILE, metavar="FILE", help=say("Write the card here as well."))
@click.option("--page", type=FILE, metavar="FILE", help=say("Write the card as a page, HTML."))
@click.option(
    "--quick", is_flag=True, help=say("Fewer steps and tries: about a fifth of the time.")
)
@click.option(
    "--most", type=click.IntRange(1), metavar="N", help=say("Look at so many pictures at most.")
)
@click.option("--no-keep", is_flag=True, help=say("Do not keep the card: it judges nothing here."))
@FORCE
@JSON
@click.pass_obj
def models_evaluate(
    obj: dict[str, Any], /, name: str, data: Path, *, as_json: bool, **given: Any
) -> None:
    """Measure, and tell what was found in plain words."""
    import json
    from datetime import UTC, datetime

    from yingbi.domain.region import Target
    from yingbi.media.output import check_new, new_file
    from yingbi.usecases.evaluate import Asked, evaluate

    settings = settings_of(obj)
    for path in (given["out"], given["page"]):
        if path is not None:
            check_new(path, force=given["force"])
    target = Target(given["target"]) if given["target"] else None
    asked = Asked(data, target, given["quick"], given["most"])
    with show.progress(quiet=as_json) as progress:
        keeping = not given["no_keep"]
        made = evaluate(name, asked, settings, progress, datetime.now(UTC), keeping=keeping)
    if given["out"] is not None:
        with new_file(given["out"], force=given["force"]) as file:
            file.write(json.dumps(made.document, indent=1).encode() + b"\n")
    if given["page"] is not None:
        _write_page(made.card, made.signer, given["page"], force=given["force"])
    if as_json:
        show.as_json(dict(made.document))
        return
    tell(made.card)
    if made.path is not None:
        click.echo(
            say("Signed by {fingerprint}, kept in {path}", fingerprint=made.signer, path=made.path)
        )


@click.group("card", help=say("Model cards: check one, show it as a page, forget it."))
def models_card() -> None:
    """Hold the commands on cards."""


@models_card.command(
    "verify", help=say("Check the signature of the card FILE, and tell what it says.")
)
@click.argument("file", type=FILE)
@TRUSTED
@JSON
@click.pass_obj
def card_verify(
    obj: dict[str, Any], /, file: Path, *, keys: tuple[str, ...], as_json: bool
) -> None:
    """Tell what a card says whose signature holds."""
    from yingbi.usecases.evaluate import check_card

    settings_of(obj)
    card, signer = check_card(file, keys)
    if as_json:
        show.as_json({"card": str(file), "key": signer, **card.to_json()})
        return
    click.echo(say("OK: signed by {fingerprint} at {time}", fingerprint=signer, time=card.made_at))
    tell(card)


@models_card.command(
    "page", help=say("Write the card kept of the network NAME as a page without any picture.")
)
@click.argument("name")
@click.option("-o", "out", type=FILE, required=True, metavar="FILE", help=say("The page, HTML."))
@FORCE
@click.pass_obj
def card_page(obj: dict[str, Any], /, name: str, *, out: Path, force: bool) -> None:
    """Write the page."""
    from yingbi.usecases.evaluate import card_of

    card, signer = card_of(name, settings_of(obj))
    _write_page(card, signer, out, force=force)
    click.echo(say("{name}: written to {out}", name=name, out=out))


@models_card.command(
    "forget", help=say("Remove the card kept of the network NAME: it judges it no more.")
)
@click.argument("name")
@click.pass_obj
def card_forget(obj: dict[str, Any], /, name: str) -> None:
    """Remove the card."""
    from yingbi.usecases.evaluate import forget_card

    gone = forget_card(name, settings_of(obj))
    click.echo(say("forgotten") if gone else say("there was none"))


def tell(card: "Card") -> None:
    """Print what a card says."""
    need = words.needs().get(card.need, card.need)
    click.echo(
        say(
            "{name} looks for {need}, measured on {data}",
            name=card.name,
            need=need,
            data=words.data_words(card),
        )
    )
    rows = list(_rows(card))
    show.table(("", say("share"), say("counted"), say("95 % lie between")), rows)
    for one in card.unlabelled:
        teller = words.tellers().get(one, one)
        click.echo(say("By {teller} nothing is known: nobody labelled it.", teller=teller))
    click.echo(_verdict(card))


def _rows(card: "Card") -> Any:
    for name, one in card.accuracy.items():
        yield _row(words.measures().get(name, name), one)
    told = words.ways()
    for curve in card.curves:
        way, unit = told.get(curve.kind, (curve.kind, "{strength}"))
        for strength, one in curve.points:
            if strength:
                yield _row(f"{way}, {unit.format(strength=f'{strength:g}')}", one)
    tellers, groups = words.tellers(), words.groups()
    for grouping in card.groupings:
        for name, one in grouping.groups:
            teller = tellers.get(grouping.by, grouping.by)
            yield _row(f"{teller}: {groups.get(name, name)}", one)
    for attack in card.attacks:
        what = words.attacks().get(attack.kind, attack.kind)
        yield _row(say("{attack}: lost", attack=what), attack.lost)
        yield _row(say("control, as many tries: lost"), attack.control)


def _row(what: str, one: Any) -> tuple[str, str, str, str]:
    counted = say("{hits} of {of}", hits=one.hits, of=one.of)
    return what, words.percent(one), counted, words.between(one)


def _verdict(card: "Card") -> str:
    least = "-" if card.least is None else f"{100 * card.least:.1f} %"
    match card.verdict(card.least):
        case "passed":
            return say("It must find {least}: passed.", least=least)
        case "below":
            return say(
                "It must find {least}: it does not, and is refused where this card is kept.",
                least=least,
            )
        case "too-few":
            return say("It must find {least}: these are too few to judge.", least=least)
        case _:
            return say("Nobody laid down how much it must find.")


def _write_page(card: "Card", signer: str, out: Path, *, force: bool) -> None:
    from yingbi.media.output import new_file
    from yingbi.web.card_page import write_card
    from yingbi.web.pages import spoken

    with new_file(out, force=force) as file:
        write_card(card, signer, file, spoken())
