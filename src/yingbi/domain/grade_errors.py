"""Errors about what a film shows and what it was declared to be.

As in `yingbi.errors`.
"""

from yingbi.errors import NotAuthorisedError

# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class SceneContradictedError(NotAuthorisedError):
    """A source whose content shows a scene that asks for a stricter level than the declared one."""

    code = "scene-contradicted"
    template = _("'{path}' shows what belongs to a '{seen}' ({signs}); as a '{scene}' it is refused. Declare '{seen}': level {floor} ({words}).")


class SceneDoubtfulError(NotAuthorisedError):
    """The same, where the content only may show it."""

    code = "scene-doubtful"
    template = _("'{path}' may show a '{seen}' ({signs}); as a '{scene}' it needs somebody who answers for it: --approved-by NAME --why TEXT. Or declare '{seen}': level {floor} ({words}).")


class OriginalRaisedError(NotAuthorisedError):
    """The original of an object whose handling rose by what it shows, under a law by which it is kept."""

    code = "original-raised"
    template = _("This original shows {classes}, so it is released by approval only, and approvers cannot be named yet.")
