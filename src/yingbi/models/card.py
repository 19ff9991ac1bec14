"""Model cards that are kept here, and whether a network may be loaded by its own.

A card lies in the user's data folder under the digest of the weights that were measured. It
holds only where it is of those weights and the installation's own key has signed it.

Clause: 6.2.4.a.1-1; 6.2.4.a.3-1.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from yingbi.domain.messages import say
from yingbi.domain.settings import data_home
from yingbi.errors import YingbiError

if TYPE_CHECKING:  # they load the ciphers, which a network without a card does not need
    from yingbi.domain.model_card import Card

PURPOSE = b"yingbi model card 1\n"
MOST_BYTES = 4 << 20

State = Literal["not-evaluated", "passed", "below", "too-few", "no-threshold", "refused"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a network's card says of it. card: None where there is none, or none that holds."""

    state: State
    card: "Card | None" = None

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        told: dict[str, Any] = {"state": self.state}
        if self.card is None:
            return told
        return told | {"made_at": self.card.made_at, "recall": self.card.recall.to_json()}


def place_of(digest: str) -> Path:
    """Return where the card of such weights lies, whether there is one or not."""
    return data_home() / "cards" / f"{digest}.json"


def admit(name: str, digest: str, least: float | None, cards: str = "optional") -> None:
    """Return where no card stands against the network.

    least: share that must be found; None where nobody laid one down. cards: the setting
    `models.cards`; "required" refuses a network without a card.

    Raises: ModelBelowError; ModelCardRefusedError; ModelNotEvaluatedError.
    """
    from yingbi.domain.model_errors import ModelBelowError, ModelNotEvaluatedError

    card = kept(digest)
    if card is None and cards != "optional":
        raise ModelNotEvaluatedError(model=name)
    if card is not None and least is not None and card.verdict(least) == "below":
        raise ModelBelowError(model=name, share=f"{card.recall.share:.3f}", least=f"{least:.3f}")


def standing(digest: str, least: float | None) -> Standing:
    """Return what the card kept here says, for lists."""
    try:
        card = kept(digest)
    except YingbiError:  # the key that would vouch for it may be refused as well
        return Standing("refused")
    return Standing("not-evaluated") if card is None else Standing(card.verdict(least), card)


def kept(digest: str) -> "Card | None":
    """Return the card of such weights, None where there is none. Raises: ModelCardRefusedError."""
    path = place_of(digest)
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:  # it may be there: `opened` says why it is refused
        pass
    from yingbi.domain.model_errors import ModelCardRefusedError
    from yingbi.keys.installation import known_key

    card, signer = opened(path)
    own = known_key(data_home(), signer.partition(":")[0])
    if own is None or own.fingerprint != signer:
        reason = say(
            "the key {fingerprint} that signed it is not this installation's", fingerprint=signer
        )
        raise ModelCardRefusedError(path=path, reason=reason)
    if card.sha256 != digest:
        raise ModelCardRefusedError(path=path, reason=say("it is of another network"))
    return card


def opened(path: Path) -> "tuple[Card, str]":
    """Return a card whose signature holds, and the fingerprint of the key that signed it.

    Raises: ModelCardRefusedError, also where the file cannot be read.
    """
    from yingbi.domain.model_card import Card
    from yingbi.domain.model_errors import ModelCardRefusedError
    from yingbi.keys.signature import SignatureBrokenError, parsed, without_signature

    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        body, signer = without_signature(parsed(content), PURPOSE)
        return Card.parse(body), signer
    except OSError as error:
        raise ModelCardRefusedError(path=path, reason=error.strerror) from None
    except SignatureBrokenError as broken:
        raise ModelCardRefusedError(path=path, reason=str(broken)) from None
    except ValueError:
        reason = say("it is no model card of this version")
        raise ModelCardRefusedError(path=path, reason=reason) from None


def keep(document: dict[str, Any], digest: str) -> Path:
    """Keep a signed card, in place of an older one of the same weights; return where.

    Raises: CannotCreateError; ReadWriteError.
    """
    from yingbi.disk.durable import Disk
    from yingbi.domain.canonical_json import canonical
    from yingbi.errors import CannotCreateError

    path = place_of(digest)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotCreateError(path=path, reason=error.strerror) from None
    Disk("cards").replace(path, canonical(document) + b"\n")
    return path


def forget(digest: str) -> bool:
    """Remove the card of such weights; return whether there was one. Raises: ReadWriteError."""
    from yingbi.disk.durable import Disk

    path = place_of(digest)
    there = os.path.lexists(path)
    Disk("cards").unlink(path)
    return there
