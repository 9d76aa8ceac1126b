"""What can be read in bulk, and what comes of it before it is written. How it is read is :mod:`pipelines.bulk`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from pipelines import damage
from pipelines.bulk_clocks import Clocks
from pipelines.recognise import Match
from pipelines.shaped import Shaped

TABLES = ("ads", "social_posts", "social_post_daily", "social_account_daily", "audience")


def is_suitable(match: Match) -> bool:
    """Whether a definition, as it met this header, can be read in bulk."""
    form = match.format
    specs = [form.specs[name] for name in match.columns if name in form.specs]
    derived = any(
        spec.source in match.columns and (spec.extract or spec.decode or name in match.columns)
        for name, spec in form.specs.items()
    )
    return form.shape in ("rows", "long") and form.table in TABLES and not (
        form.rejoin
        or form.second_header
        or form.descriptions
        or form.keep is not None
        or form.years
        or form.future_zeros
        or form.dates_are_starts
        or (form.totals and (form.totals.beside or form.totals.label_beyond))
        or derived
        or any(spec.values or spec.type == "email" for spec in specs)
        or any(damage.twins_of(match, position) for position in match.columns.values())
        or any(name.startswith("dimension:") for name in match.columns)
    )  # fmt: skip


@dataclass
class BulkShaped(Shaped):
    """What :class:`Shaped` says, of the combinations; the rows themselves are written to a file by ``write``."""

    raw_rows: int = 0
    clocks: Clocks | None = None
    write: Callable[["BulkShaped", str, str, datetime], Path] = lambda *_: Path()

    @property
    def rows(self) -> int:
        """How many raw rows there are."""
        return self.raw_rows

    def instants(self, name: str) -> list[datetime]:
        """The first and the last one of each combination."""
        if self.clocks is None or name not in self.clocks.names:
            return super().instants(name)
        combinations = zip(self.columns.get(name, ()), self.columns["source_row"], strict=False)
        return [moment + end for moment, number in combinations if moment for end in self.clocks.ends(name, number)]

    def packed(self, *, source_file: str, file_id: str, captured_at: datetime) -> pa.Table | Path:
        """Write the rows, and say where."""
        return self.write(self, source_file, file_id, captured_at)
