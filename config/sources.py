"""``sources.csv``: which site a host or a source name stands for, and of what kind it is. See the file's own head for its format."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from config.home import Home
from config.yaml_file import ConfigError, find

KINDS = ("search", "social", "video", "shopping", "email", "ai", "payment", "display", "news", "shortener", "other")
GA4_KINDS = ("search", "social", "video", "shopping")
HEADER = ["match", "source", "kind", "ga4"]
MATCH = re.compile(r"[^\s/?#:@][^\s/?#:@]*(?: [^\s/?#:@]+)*(?:/[^\s?#]*)?")


@dataclass(frozen=True)
class Source:
    """One line: ``match`` is a name, a host or a host with a path; ``ga4`` is Google's own category or None."""

    match: str
    source: str
    kind: str
    ga4: str | None

    @property
    def host(self) -> str:
        """The name or host, without a path."""
        return self.match.partition("/")[0]

    @property
    def path(self) -> str:
        """The path with its leading slash and without a trailing one; empty where the entry is a bare host."""
        _host, slash, path = self.match.partition("/")
        return f"{slash}{path}".rstrip("/")


def load_sources(path: Path) -> list[Source]:
    """Every line of one source list. Raises ConfigError with every fault, each with file and line."""
    faults: list[str] = []
    found: dict[str, tuple[int, Source]] = {}
    for line, fields in _lines(path):
        if len(fields) != len(HEADER):
            faults.append(f"{path}:{line}: {len(fields)} fields; allowed: {','.join(HEADER)}")
            continue
        match, source, kind, ga4 = (field.strip() for field in fields)
        if match != match.lower() or not MATCH.fullmatch(match):
            faults.append(f"{path}:{line}: 'match' is {match!r}; allowed: a name, a host or host/path, in lower case")
        if not source:
            faults.append(f"{path}:{line}: 'source' is empty; allowed: the name under which it is reported")
        if kind not in KINDS:
            faults.append(f"{path}:{line}: 'kind' is {kind!r}; allowed: {', '.join(KINDS)}")
        if ga4 and ga4 not in GA4_KINDS:
            faults.append(f"{path}:{line}: 'ga4' is {ga4!r}; allowed: {', '.join(GA4_KINDS)} or nothing")
        if match in found:
            faults.append(f"{path}:{line}: {match!r} is already on line {found[match][0]}")
        found[match] = (line, Source(match, source, kind, ga4 or None))
    if faults:
        raise ConfigError("\n".join(faults))
    return [source for _line, source in found.values()]


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read: {error}") from None
    numbered = [(n, row) for n, row in enumerate(text.splitlines(), 1) if row.strip() and not row.startswith("#")]
    if not numbered or numbered[0][1].strip() != ",".join(HEADER):
        raise ConfigError(f"{path}:{numbered[0][0] if numbered else 1}: the first line is not {','.join(HEADER)}")
    for line, row in numbered[1:]:
        yield line, next(csv.reader([row]))


def tables(home: Home) -> dict[str, pa.Table]:
    """``config.sources``: match_host, match_path, source, kind, ga4_kind; one row a line of the list."""
    entries = load_sources(find(home, "sources.csv"))
    return {
        "sources": pa.table(
            {
                "match_host": pa.array([entry.host for entry in entries], pa.string()),
                "match_path": pa.array([entry.path for entry in entries], pa.string()),
                "source": pa.array([entry.source for entry in entries], pa.string()),
                "kind": pa.array([entry.kind for entry in entries], pa.string()),
                "ga4_kind": pa.array([entry.ga4 for entry in entries], pa.string()),
            }
        )
    }
