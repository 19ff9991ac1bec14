"""What a model card says, in words for people."""

from typing import TYPE_CHECKING

from yingbi.domain.messages import say

if TYPE_CHECKING:
    from yingbi.domain.model_card import Card, Counted


def in_words(state: str, card: "Card | None") -> str:
    """Return in one short line what the card kept here says of a network."""
    if card is None:
        return say("its card is refused") if state == "refused" else say("not evaluated here")
    found = percent(card.recall)
    match state:
        case "below":
            return say("finds {share}: below its threshold, refused", share=found)
        case "too-few":
            recall = card.recall
            return say("finds {hits} of {of}: too few to judge", hits=recall.hits, of=recall.of)
        case _:
            return say("finds {share}", share=found)


def percent(counted: "Counted") -> str:
    """Return a share in percent with one digit behind the point, or that it is unknown."""
    return f"{100 * counted.share:.1f} %" if counted.known else say("unknown")


def between(counted: "Counted") -> str:
    """Return the interval of 95 % in percent."""
    numbers = counted.to_json()
    return say("{low} to {high}", low=_short(numbers["low"]), high=_short(numbers["high"]))


def needs() -> dict[str, str]:
    """Return what networks look for, by the card's word."""
    return {
        "face": say("faces"),
        "person": say("people"),
        "plate": say("plates"),
        "text": say("text"),
        "pose": say("poses"),
        "identity": say("people who are known"),
    }


def measures() -> dict[str, str]:
    """Return what shares are of, by the card's word."""
    return {
        "recall": say("found, of what is there"),
        "precision": say("right, of what was found"),
        "covered": say("nine tenths or more of it covered"),
        "strangers-taken": say("strangers taken for somebody"),
    }


def ways() -> dict[str, tuple[str, str]]:
    """Return how pictures get worse, and the unit of how much, by the card's word."""
    return {
        "dark": (say("Less light"), say("gamma {strength}")),
        "blur": (say("Out of focus"), say("{strength} % of its height")),
        "jpeg": (say("JPEG"), say("quality {strength}")),
        "rotation": (say("Turned"), say("{strength} degrees")),
        "occlusion": (say("Partly covered"), say("{strength} % of it")),
    }


def attacks() -> dict[str, str]:
    """Return the attacks, by the card's word."""
    return {
        "patch": say("A patch of a tenth of its area, on it or beside it"),
        "noise": say("Noise of 8 steps of 255"),
    }


def tellers() -> dict[str, str]:
    """Return by what groups are told, by the card's word; labels of the user's own have none."""
    return {
        "size": say("size"),
        "light": say("light"),
        "mask": say("face mask"),
        "group": say("group"),
        "age": say("age"),
        "sex": say("sex"),
        "skin": say("skin"),
    }


def settings() -> dict[str, str]:
    """Return what the network was measured with, by the card's word."""
    return {
        "size": say("size"),
        "threshold": say("threshold"),
        "kind": say("kind"),
        "classes": say("classes"),
    }


def groups() -> dict[str, str]:
    """Return the names of groups that are always told, by the card's word."""
    return {
        "under 32 px": say("under 32 pixels"),
        "32 to 63 px": say("32 to 63 pixels"),
        "64 to 127 px": say("64 to 127 pixels"),
        "128 px or more": say("128 pixels or more"),
        "dark": say("dark"),
        "middle": say("middle"),
        "bright": say("bright"),
        "masked": say("with a face mask"),
        "unmasked": say("without a face mask"),
    }


def data_words(card: "Card") -> str:
    """Return what a network was measured on."""
    kind = say("the evaluation data") if card.data.get("kind") == "evaluation" else say("own data")
    facts = {"data": kind, "pictures": card.data.get("pictures", 0)}
    return say(
        "{data}: {things} in {pictures} pictures", things=card.data.get("things", 0), **facts
    )


def _short(share: float) -> str:
    return f"{100 * share:.1f}"
