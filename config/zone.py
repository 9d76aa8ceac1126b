"""The reporting zone as a table, so that local days come from a join.

DuckDB's own zone conversion costs about fifteen times an equi-join per row, and the nightly run converts millions of instants.
"""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

FIRST_YEAR, LAST_YEAR = 1970, 2100
DAY, WEEK = 86_400, 7 * 86_400


@lru_cache(maxsize=8)
def zone_days(time_zone: str) -> pa.Table:
    """One row a UTC day from 1970 to 2100.

    Columns: ``utc_date`` date; ``transition_at`` timestamp, the instant of that day (UTC) at which the offset changes, or the
    start of the next day where it doesn't; ``offset_before_seconds`` and ``offset_after_seconds``, bigint, local minus UTC.
    No zone changes its offset twice within one UTC day in this range.
    """
    instants, offsets = _transitions(ZoneInfo(time_zone))
    start = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp())
    day_starts = np.arange(start, end, DAY, dtype=np.int64)
    before = np.searchsorted(instants, day_starts, side="right") - 1
    after = np.searchsorted(instants, day_starts + DAY, side="right") - 1
    changes_at = np.where(before == after, day_starts + DAY, instants[after])
    return pa.table(
        {
            "utc_date": pa.array(day_starts // DAY, pa.int32()).cast(pa.date32()),
            "transition_at": pa.array(changes_at * 1_000_000, pa.timestamp("us")),
            "offset_before_seconds": pa.array(offsets[before], pa.int64()),
            "offset_after_seconds": pa.array(offsets[after], pa.int64()),
        }
    )


def _transitions(zone: ZoneInfo) -> tuple[np.ndarray, np.ndarray]:
    """The instants (Unix seconds) from which an offset (seconds) holds; the first is the start of the range.

    The range is walked by the week, which is shorter than any spell of daylight saving time, and each change is bisected.
    """
    low = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(LAST_YEAR + 1, 1, 2, tzinfo=UTC).timestamp())
    instants, offsets = [low], [_offset(low, zone)]
    while low < end:
        high = low + WEEK
        offset = _offset(high, zone)
        if offset != offsets[-1]:
            left, right = low, high
            while left + 1 < right:
                middle = (left + right) // 2
                left, right = (left, middle) if _offset(middle, zone) == offset else (middle, right)
            instants.append(right)
            offsets.append(offset)
        low = high
    return np.array(instants, dtype=np.int64), np.array(offsets, dtype=np.int64)


def _offset(instant: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(instant, UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
