"""Take in a network that the user brought, after it was tried.

Clause: 6.2.1.f-2; 6.2.4.a.1-1.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np

from yingbi.detect.own import OwnFinder
from yingbi.domain.frame import Frame, Plane
from yingbi.domain.messages import say
from yingbi.domain.region import Target
from yingbi.errors import ModelUnfitError
from yingbi.models.own import OwnModel, bring, keep, loaded

TRIED_AT = 640


def import_network(
    source: Path, kind: str, name: str | None, classes: tuple[int, ...], models_dir: Path
) -> OwnModel:
    """Keep a network in the folder of the networks, and return how it is listed.

    It is loaded and asked about an empty picture first: what does not answer as its kind
    does is refused, and nothing is written.

    Raises: NoSuchInputError, UnreadableInputError, UsageError, ModelUnfitError,
        ModelChangedError, CannotCreateError.
    """
    model, content = bring(source, name, kind, classes)
    network = loaded(content, model.name, 1)
    finder = OwnFinder(network, model, Target.FACE, size=TRIED_AT, threshold=0.5)
    try:
        finder.find(_empty())
    except Exception as error:  # whatever the outputs are, they are not those of the kind
        reason = say("it does not answer as networks of the kind '{kind}' do", kind=kind)
        raise ModelUnfitError(model=model.name, reason=reason) from error
    keep(model, content, models_dir)
    return model


def _empty() -> Frame:
    grey = np.full((360, TRIED_AT, 3), 128, np.uint8)
    return Frame(0, 0, Fraction(1), (Plane(grey, 0, 0, (0, 0, 0)),), "rgb")
