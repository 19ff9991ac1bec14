"""Errors about how good networks are, and about networks that are sealed.

As in `yingbi.errors`.
"""

from pathlib import Path

from yingbi.domain.messages import say
from yingbi.errors import BadInputError, YingbiError

# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class ModelBelowError(YingbiError):
    """A network finds less, by its own card, than it must."""

    code = "model-below-threshold"
    exit_status = 69
    template = _("The network '{model}' is refused: by its card it finds {share}, and it must find {least}. Take another network, or measure it again with 'yingbi models evaluate'.")


class ModelNotEvaluatedError(YingbiError):
    """A network without a model card, where the settings require one."""

    code = "model-not-evaluated"
    exit_status = 69
    template = _("The network '{model}' has no model card, and models.cards says 'required'; run 'yingbi models evaluate {model}'.")


class ModelCardRefusedError(YingbiError):
    """A model card that was altered, is of another network, or was signed by nobody known here."""

    code = "model-card-refused"
    exit_status = 69
    template = _("The model card '{path}' is refused: {reason}.")


class ModelSealedError(YingbiError):
    """A private network that does not open: on another device, or altered."""

    code = "model-sealed"
    exit_status = 69
    template = _("The private network '{model}' cannot be opened: {reason}.")


class TruthRefusedError(BadInputError):
    """Truth beside pictures that says something impossible, or says nothing of what is asked for."""

    code = "truth-refused"
    template = _("'{path}': {reason}.")

    def __init__(self, *, path: Path, reason: str, entry: int | None = None) -> None:
        """Keep what is refused and why. entry: which one, or line, it is; None is the whole."""
        told = reason if entry is None else say("entry {entry}: {reason}", entry=entry, reason=reason)
        super().__init__(path=path, reason=told)
