"""Mask with a signed report: written as the work proceeds, gone on with after a break.

Clause: 6.2.5.b.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from yingbi.capture.inputs import Input, LeftOut
from yingbi.domain.canonical_json import canonical
from yingbi.domain.report import InputReport, Progress
from yingbi.keys.installation import InstallationKey
from yingbi.keys.signature import signed
from yingbi.media.output import new_file, sweep
from yingbi.pipeline.engine import Sight
from yingbi.usecases.contact_sheet import SheetPlan, contact_sheet
from yingbi.usecases.evidence import Evidence, told
from yingbi.usecases.journal import opened_journal
from yingbi.usecases.mask import MaskOptions, mask_inputs
from yingbi.usecases.signed_report import REPORT


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """Where the report goes, who signs it, and what it says besides its inputs.

    facts: what decides the outcome; only outputs made by the same are kept by `resume`.
    """

    path: Path
    key: InstallationKey
    facts: Mapping[str, Any]
    left_out: Sequence[LeftOut] = ()
    sheet: SheetPlan | None = None
    resume: bool = False
    force: bool = False


def mask_with_report(
    pairs: Sequence[tuple[Input, Path]],
    options: MaskOptions,
    sight: Sight,
    progress: Progress,
    plan: ReportPlan,
) -> list[InputReport]:
    """Mask as `mask_inputs` does, write the signed report, and raise as both do."""
    facts = json.loads(canonical(dict(plan.facts)))
    with opened_journal(plan.path, plan.key, facts, resume=plan.resume, force=plan.force) as (
        journal,
        past,
    ):
        for folder in {Path(output).parent for output in past.begun}:
            sweep(folder)
        reports = mask_inputs(pairs, options, sight, progress, Evidence(journal, past))
        named = {str(output) for _, output in pairs}
        earlier = [
            entry
            for output, (entry, recipe) in past.entries.items()
            if recipe == facts and output not in named
        ]
        drawn = contact_sheet(reports, plan.sheet, progress) if plan.sheet else None
        body = facts | {
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "inputs": [*(told(report, whole=True) for report in reports), *earlier],
            "contact_sheet": drawn,
            "left_out": [{"path": str(o.path), "why": o.why.value} for o in plan.left_out],
        }
        _write(plan.path, signed(body, plan.key, REPORT), force=plan.force or plan.resume)
    return reports


def _write(path: Path, document: Mapping[str, Any], *, force: bool) -> None:
    """Write one input a line, for people's eyes; the signature is of the canonical bytes."""
    lines = ",\n".join(f"{_text(name)}: {_shown(value)}" for name, value in document.items())
    with new_file(path, force=force, private=False) as file:
        file.write(f"{{\n{lines}\n}}\n".encode("utf-8", "backslashreplace"))


def _shown(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n " + ",\n ".join(_text(one) for one in value) + "\n]"
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
