"""What a film holds beside its picture and does not hand on, by kind: so that it can be said."""

from yingbi.domain.film_copy import FilmCopy
from yingbi.media.companions import AudioChoice, Extra
from yingbi.media.containers import KINDS
from yingbi.media.copy_plan import CODEC_NAMES, CopyPlan
from yingbi.media.film_info import FilmInfo


def copy_of(info: FilmInfo, plan: CopyPlan, audio: AudioChoice, keep: frozenset[Extra]) -> FilmCopy:
    """Return what becomes of the film when it is written after the plan."""
    return FilmCopy(
        KINDS[plan.container].name,
        CODEC_NAMES[plan.codec],
        changed=(plan.container, plan.codec) != (info.container, info.codec),
        dropped=dropped(info, audio, keep),
    )


def dropped(info: FilmInfo, audio: AudioChoice, keep: frozenset[Extra]) -> dict[str, int]:
    """Return how many of each kind are left out; kinds of which there are none are absent."""
    beside = info.beside
    found = {
        "audio": len(info.sound) * (audio == "drop"),
        "subtitle": len(beside.subtitles) * ("subtitles" not in keep),
        "data": beside.data * ("data" not in keep),
        "attachment": beside.attachments,
        "cover": beside.covers,
        "chapter-name": sum(bool(one.name) for one in beside.chapters)
        * ("chapter-names" not in keep),
        "caption": int(beside.captions),
        "dynamic-hdr": int(info.hdr.dynamic),
    }
    return {kind: count for kind, count in found.items() if count}
