"""`models`, `doctor`, `config` and `standard`: what is here, and by which rules."""

from pathlib import Path
from typing import Any

import click

from yingbi.cli import evaluating, show
from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say
from yingbi.errors import LibraryMissingError, ModelChangedError, UsageError

JSON = click.option("--json", "as_json", is_flag=True, help=say("Print JSON for machines."))


@click.group(
    "models", help=say("The networks that find people: list, install, import, verify, evaluate.")
)
def models_command() -> None:
    """Hold the commands on networks."""


models_command.add_command(evaluating.models_evaluate)
models_command.add_command(evaluating.models_card)


def _state_words() -> dict[str, str]:
    return {"installed": say("installed"), "missing": say("missing"), "changed": say("changed")}


@models_command.command(
    "list", help=say("Show each network: state, licences, training data, measured quality.")
)
@JSON
@click.pass_obj
def models_list(obj: dict[str, Any], /, *, as_json: bool) -> None:
    """Print the manifest with each network's state."""
    from dataclasses import asdict

    from yingbi.models.card import standing
    from yingbi.models.own import own_models, own_state
    from yingbi.models.shelf import status

    folder = settings_of(obj).models_dir
    found = status(folder)
    brought = [(model, own_state(model, folder)) for model in own_models(folder)]
    by_card = {m.name: standing(m.onnx_sha256, m.least) for m, _ in found}
    by_card |= {m.name: standing(m.sha256, m.least) for m, _ in brought}
    if as_json:
        told = {name: stands.to_json() for name, stands in by_card.items()}
        listed = [asdict(m) | {"state": state, "evaluated": told[m.name]} for m, state in found]
        own = [asdict(m) | {"state": state, "evaluated": told[m.name]} for m, state in brought]
        show.as_json(listed + own)
        return
    head = (
        say("network"),
        say("state"),
        say("evaluated here"),
        say("package"),
        say("licence"),
        say("of its origin"),
        say("measured"),
    )
    rows = [
        (
            m.name,
            _state_words()[state],
            evaluating.in_words(by_card[m.name]),
            f"{m.package.name} {m.package.version}",
            m.licence_package,
            m.licence_upstream,
            m.measured,
        )
        for m, state in found
    ] + [
        (
            m.name,
            _state_words()[state],
            evaluating.in_words(by_card[m.name]),
            _brought(m.kind, private=m.private),
            "?",
            "?",
            "?",
        )
        for m, state in brought
    ]
    show.table(head, rows)


def _brought(kind: str, *, private: bool) -> str:
    if private:
        return say("your own, {kind}, sealed to this device", kind=kind)
    return say("your own, {kind}", kind=kind)


@models_command.command(
    "install",
    help=say("Fetch the networks named by the manifest, check their digests, convert them."),
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help=say("Extras as well, which nothing that masks needs."),
)
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help=say("Folder with the packages, for a machine without a network."),
)
@click.pass_obj
def models_install(
    obj: dict[str, Any], /, names: tuple[str, ...], source: Path | None, *, everything: bool
) -> None:
    """Install, telling each step."""
    from yingbi.models.install import chosen, install, measure_runtimes

    wanted = chosen(names, everything=everything)
    settings = settings_of(obj, **{"models.source": str(source) if source else None})
    folder = settings["models.source"]
    install(settings.models_dir, Path(folder) if folder else None, click.echo, wanted)
    measure_runtimes(settings.models_dir)


@models_command.command(
    "import", help=say("Take in a network of your own; it is tried, copied and kept by its digest.")
)
@click.argument("file", metavar="FILE.onnx", type=click.Path(path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(["yunet", "centerface", "yolox", "detr"]),
    required=True,
    help=say("What its outputs mean."),
)
@click.option("--name", metavar="NAME", help=say("Name that settings know it by."))
@click.option(
    "--classes",
    metavar="LIST",
    help=say("Numbers of the classes that are meant, from 0 on (default: all)."),
)
@click.option(
    "--private", is_flag=True, help=say("Seal it to this device; it is opened in memory alone.")
)
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help=say("Share that it must find by its model card, or it is not loaded."),
)
@click.pass_obj
def models_import(
    obj: dict[str, Any], /, file: Path, kind: str, name: str | None, **given: Any
) -> None:
    """Import, and say how to use it."""
    from yingbi.usecases.own_network import import_network

    meant = _numbers(given["classes"])
    how = {option: given[option] for option in ("private", "least")}
    model = import_network(file, kind, name, meant, settings_of(obj), **how)
    if model.private:
        click.echo(
            say("Sealed to this device. Keep the file elsewhere or delete it: it is not touched.")
        )
    click.echo(
        say(
            "{name}: kept, SHA-256 {digest}; use it with detect.face_network, detect.person_network or detect.plate_network",
            name=model.name,
            digest=model.sha256,
        )
    )


def _numbers(listed: str | None) -> tuple[int, ...]:
    try:
        numbers = [int(number) for number in (listed or "").split(",") if number.strip()]
    except ValueError:
        numbers = [-1]
    if min(numbers, default=0) < 0:
        raise UsageError(problem=say("--classes takes numbers from 0 on, parted by commas"))
    return tuple(dict.fromkeys(numbers))


@models_command.command("verify", help=say("Check each installed network against its digest."))
@JSON
@click.pass_obj
def models_verify(obj: dict[str, Any], /, *, as_json: bool) -> int:
    """Print each network's state; a changed or missing one makes the status 69."""
    from yingbi.models.own import own_models, own_state
    from yingbi.models.shelf import status

    folder = settings_of(obj).models_dir
    there = status(folder)
    # An extra that nobody asked for is not missing.
    found = [(m.name, state) for m, state in there if not (m.extra and state == "missing")]
    found += [(model.name, own_state(model, folder)) for model in own_models(folder)]
    if as_json:
        show.as_json([{"model": name, "state": state} for name, state in found])
    for name, state in [] if as_json else found:
        click.echo(f"{name}: {_state_words()[state]}")
    return 0 if all(state == "installed" for _, state in found) else ModelChangedError.exit_status


@click.command("doctor", help=say("Show what is there, what is missing and what that costs."))
@JSON
@click.pass_obj
def doctor_command(obj: dict[str, Any], /, *, as_json: bool) -> int:
    """Print the findings; something needed that is missing makes the status 69."""
    from yingbi.usecases.doctor import examine

    findings = examine(settings_of(obj))
    if as_json:
        show.as_json([finding.to_json() for finding in findings])
    else:
        rows = [("✓" if f.there else "✗", f.item, f.state, f.cost) for f in findings]
        show.table(("", say("item"), say("state"), say("what it costs")), rows)
    well = all(finding.there or not finding.needed for finding in findings)
    return 0 if well else LibraryMissingError.exit_status


@click.command("config", help=say("Show every setting, its value and where that came from."))
@JSON
@click.pass_obj
def config_command(obj: dict[str, Any], /, *, as_json: bool) -> None:
    """Print the settings in force."""
    from yingbi.domain.settings import SETTINGS

    settings = settings_of(obj)
    if as_json:
        show.as_json(
            {
                s.name: {"value": settings[s.name], "from": settings.origins[s.name]}
                for s in SETTINGS
            }
        )
        return
    words = {"default": say("default"), "option": say("option")}
    origins = {name: words.get(origin, origin) for name, origin in settings.origins.items()}
    rows = [(s.name, settings[s.name], origins[s.name], say(s.meaning)) for s in SETTINGS]
    show.table((say("setting"), say("value"), say("comes from"), say("meaning")), rows)


@click.group("standard", help=say("The standard's requirements, the law packs and the metrics."))
def standard_command() -> None:
    """Hold the commands on the catalogue."""


@standard_command.command(
    "list", help=say("List the requirements of T/AI 110.1-2020 with their clauses.")
)
@JSON
def standard_list(*, as_json: bool) -> None:
    """Print ids, levels and titles."""
    from yingbi.standard.catalogue import requirements

    entries = [dict(entry) for entry in requirements()]
    if as_json:
        show.as_json(entries)
        return
    rows = [(r["id"], r["level"], r["title"][_language()]) for r in entries]
    show.table((say("id"), say("level"), say("title")), rows)


@standard_command.command("show", help=say("Show one requirement, law pack or metric whole."))
@click.argument("entry", metavar="ID")
@JSON
def standard_show(entry: str, *, as_json: bool) -> None:
    """Print one requirement."""
    from yingbi.standard import catalogue

    found = dict(catalogue.entry(entry))
    if as_json:
        show.as_json(found)
    elif "requirement" in found:
        _show_requirement(found, _language())
    else:
        for name, value in found.items():
            click.echo(f"{name}: {value}")


def _show_requirement(found: dict[str, Any], language: str) -> None:
    click.echo(f"{found['id']}  {found['title'][language]}")
    click.echo(found["requirement"][language])
    facts = {"level": found["level"], "modality": found["modality"], "layer": found["layer"]}
    click.echo(say("level: {level}; {modality}; layer: {layer}", **facts))
    click.echo(say("checked by: {check}", check=found["automatic_check"]["statement"]["en"]))
    click.echo(say("in the product: {feature}", feature=found["product_feature"]))


def _language() -> str:
    import os

    return os.environ.get("LANGUAGE", "en")
