"""What the log's last entries say of the clock, without reading the rest.

Nothing is verified here: whoever could write a false time could erase as well.

Clause: 6.1-2.
"""

import json
from datetime import datetime, timedelta

from yingbi.db.database import CatalogueUnit, Database
from yingbi.db.schema import log
from yingbi.db.sql import func, select
from yingbi.domain.ledger import Action
from yingbi.errors import LogBrokenError

TOLERANCE = timedelta(minutes=1)


def newest_at(database: Database[CatalogueUnit]) -> datetime | None:
    """Return when the last entry was written, or None for an empty log; raises LogBrokenError."""
    with database.read() as unit:
        row = unit.one(select(log.c.entry).order_by(log.c.sequence.desc()).limit(1))
    if row is None:
        return None
    try:
        return datetime.fromisoformat(json.loads(row.entry)["at"])
    except (ValueError, KeyError, TypeError):
        raise LogBrokenError(reason="its last entry cannot be read") from None


def clock_is_doubted(database: Database[CatalogueUnit]) -> bool:
    """Return whether the last entry on the clock itself doubts it."""
    on_the_clock = func.instr(log.c.entry, b'"do":"clock-') > 0
    chosen = select(log.c.entry).where(on_the_clock).order_by(log.c.sequence.desc()).limit(1)
    with database.read() as unit:
        row = unit.one(chosen)
    return row is not None and f'"do":"{Action.CLOCK_DOUBTED.value}"'.encode() in row.entry
