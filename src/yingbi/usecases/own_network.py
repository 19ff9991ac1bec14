"""Take in a network that the user brought, after it was tried.

Clause: 6.2.1.f-2; 6.2.4.a.1-1; 6.2.4.b.1.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np

from yingbi.detect.own import OwnFinder
from yingbi.domain.frame import Frame, Plane
from yingbi.domain.messages import say
from yingbi.domain.region import Target
from yingbi.domain.settings import Settings
from yingbi.errors import ModelUnfitError
from yingbi.models.own import OwnModel, bring, keep, loaded

TRIED_AT = 640


def import_network(
    source: Path,
    kind: str,
    name: str | None,
    classes: tuple[int, ...],
    settings: Settings,
    *,
    private: bool = False,
    least: float | None = None,
) -> OwnModel:
    """Keep a network in the folder of the networks, and return how it is listed.

    It is loaded and asked about an empty picture first: what does not answer as its kind
    does is refused, and nothing is written. private: seal it to this device. least: share that
    it must find by its model card, or it is not loaded.

    Raises: NoSuchInputError, UnreadableInputError, UsageError, ModelUnfitError,
        ModelChangedError, CannotCreateError; for a private one ModelSealedError as well.
    """
    model, content = bring(source, name, kind, classes, private=private, least=least)
    network = loaded(content, model.name, 1)
    finder = OwnFinder(network, model, Target.FACE, size=TRIED_AT, threshold=0.5)
    try:
        finder.find(_empty())
    except Exception as error:  # whatever the outputs are, they are not those of the kind
        reason = say("it does not answer as networks of the kind '{kind}' do", kind=kind)
        raise ModelUnfitError(model=model.name, reason=reason) from error
    keep(model, content, settings.models_dir, settings["report.suite"])
    return model


def _empty() -> Frame:
    grey = np.full((360, TRIED_AT, 3), 128, np.uint8)
    return Frame(0, 0, Fraction(1), (Plane(grey, 0, 0, (0, 0, 0)),), "rgb")
