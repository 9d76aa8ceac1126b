"""What the pipeline makes of links: each is a visit to itself, judged by the models that judge sessions at night.

Nothing about tags, channels or the standard is decided here; a link gets the answer that a session with this landing page, and nothing
else to go by, would get.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from config.home import Home
from config.tables import config_tables
from config.utm_standard import UTM_KEYS
from pipelines.schema import RAW_TABLES
from sql.workbench import Workbench

VISITED_AT = "2026-01-15 12:00:00"
"""When the visits take place; no rule depends on it."""


@dataclass(frozen=True)
class Verdict:
    """What became of a link.

    ``status`` and ``reasons`` are ``utm_status`` and the parts of ``utm_reason`` of core.fct_sessions. ``tags`` holds the tags as they are
    read strictly, those that are absent left out. ``suggested_url`` is the link as the standard would have it, where that can be told.
    """

    url: str
    status: str
    reasons: tuple[str, ...]
    channel: str
    channel_ga4: str
    platform: str | None
    owner: str
    suggested_url: str | None
    tags: Mapping[str, str]

    @property
    def is_untagged(self) -> bool:
        """Whether it has no tag, and nothing but that is wrong; a visit to it from social media would count as missing."""
        return self.status == "not_required" and not self.tags

    @property
    def is_fit(self) -> bool:
        """Whether it may be published: every tag is there and as the standard wants it, whatever channel it is for."""
        return self.status in ("compliant", "not_required") and not self.is_untagged


class Judge:
    """The models with a home's configuration, ready to judge links. Raises ConfigError where the configuration is wrong."""

    def __init__(self, home: Home) -> None:
        """``home``: whose configuration counts; it need not exist."""
        raw = {name: {column.name: column.type for column in table.columns} for name, table in RAW_TABLES.items()}
        self._bench = Workbench(raw=raw, config=config_tables(home, datetime.now(UTC).date()))

    def referrer_of(self, platform: str) -> str | None:
        """An address of a social platform that a visitor may come from; None where the platform is not known."""
        rows = self._bench.rows(
            "select match_host from config.sources where source = ? and match_path = '' and contains(match_host, '.') "
            "and kind in ('social', 'video') and not contains(match_host, '*') and not starts_with(match_host, 'com.') limit 1",
            [platform],
        )
        return f"https://{rows[0]['match_host']}/" if rows else None

    def platforms(self) -> list[str]:
        """The social platforms that the standard names."""
        return [row["platform"] for row in self._bench.rows("select platform from config.utm_platforms order by all")]

    def judge(self, urls: Iterable[str], *, referrer_url: str | None = None) -> dict[str, Verdict]:
        """The verdict on each distinct link. ``referrer_url``: where the visits come from, where that is known."""
        distinct = list(dict.fromkeys(urls))
        self._visit(distinct, referrer_url)
        found = self._bench.rows(
            f"""
            select
                cast(sessions.session_id as bigint) as place,
                sessions.utm_status,
                sessions.channel,
                sessions.channel_ga4,
                sessions.platform,
                {", ".join(f"sessions.{key}" for key in UTM_KEYS)},
                split_part(visits.utm_reason, '|', 2) as utm_reason,
                owners.owner,
                violations.suggested_url
            from judged as sessions
            inner join core.fct_sessions as visits on visits.session_id = sessions.session_id
            left join core.int_link_owners as owners
                on owners.channel = sessions.channel and owners.platform = coalesce(sessions.platform, '')
            left join quality.utm_violations as violations on violations.reason = visits.utm_reason
            """
        )
        verdicts = {distinct[row["place"]]: _verdict(distinct[row["place"]], row) for row in found}
        return {url: verdicts[url] for url in distinct}

    def _visit(self, urls: Sequence[str], referrer_url: str | None) -> None:
        bench, count = self._bench, len(urls)
        bench.forget("core.fct_sessions")
        bench.fill(
            "raw.web_sessions",
            pa.table(
                {
                    "session_id": pa.array([str(place) for place in range(count)], pa.string()),
                    "started_at": pa.array([VISITED_AT] * count, pa.string()),
                    "landing_url": pa.array(urls, pa.string()),
                    "referrer_url": pa.array([referrer_url] * count, pa.string()),
                    "file_id": pa.array(["links"] * count, pa.string()),
                    "source_row": pa.array(range(count), pa.int64()),
                    "captured_at": pa.array([VISITED_AT] * count, pa.string()),
                }
            ),
        )
        bench.compute("core.fct_sessions")
        bench.connection.execute("create or replace temp table judged as select * from core.fct_sessions")
        # The list of violations joins links that differ in nothing but a click id; under a reason of its own each stays apart.
        bench.connection.execute(
            "create or replace table core.fct_sessions as "
            "select * replace (session_id || '|' || coalesce(utm_reason, '') as utm_reason) from judged"
        )
        bench.replaced("core.fct_sessions")
        bench.compute("quality.utm_violations")


def _verdict(url: str, row: Mapping[str, str | None]) -> Verdict:
    reason = row["utm_reason"]
    return Verdict(
        url=url,
        status=str(row["utm_status"]),
        reasons=tuple(reason.split(", ")) if reason else (),
        channel=str(row["channel"]),
        channel_ga4=str(row["channel_ga4"]),
        platform=row["platform"],
        owner=str(row["owner"]),
        suggested_url=row["suggested_url"],
        tags={key: value for key in UTM_KEYS if (value := row[key])},
    )
