/*
description: "One row a column that the newest file of an export no longer fills, though the three to eight files before it did in most of their rows, or that it fills in most rows and none of them knew (quality.files says which export). A file in another language is compared by the names that are the same in each."
grain: [source, export_kind, account, change, column_name]
materialise: table
owner: data-engineering
columns:
  source: {unit: text, description: "The family of sources, or the generic input."}
  platform: {unit: text, description: "The platform, NULL for generic inputs."}
  export_kind: {unit: text, description: The export.}
  account: {unit: text, description: "The account, empty where none is said."}
  change: {unit: text, description: "gone (no row has it any more) or new (no column of ours is made of it)."}
  column_name: {unit: text, description: "Of what is gone the column of the raw table, of what is new the file's header."}
  file_path: {unit: text, description: The newest file.}
  since_date: {unit: date, description: Day of its download as far as known; since then it is so.}
  files_compared: {unit: count, sum: never, description: How many earlier files it is compared with.}
  is_news: {unit: flag, description: "Downloaded within watch.judged_days of config/settings.yml, so that the check tells of it."}
*/
with

files as (
    select * from raw.files
),

settings as (
    select * from config.settings
),

run as (
    select * from config.run
),

-- Of a handful of rows nothing can be said.
exports as (
    select
        coalesce(files.source, '') as source,
        files.platform,
        coalesce(files.export_kind, '') as export_kind,
        coalesce(files.account, '') as account,
        files.file_path,
        coalesce(files.locale, '') as locale,
        files.delivered,
        cast(coalesce(files.downloaded_at, files.period_to_date) as date) as since_date,
        row_number() over (
            partition by files.source, files.platform, files.export_kind, files.account
            order by files.downloaded_at desc nulls last, files.period_to_date desc nulls last, files.file_path desc
        ) as files_after
    from files
    where files.status in ('loaded', 'partly_loaded') and files.delivered is not null and files.rows_loaded >= 5
),

lines as (
    select
        source,
        platform,
        export_kind,
        account,
        locale,
        files_after,
        unnest(string_split(delivered, chr(10))) as line
    from exports
    where files_after <= 9
),

newest as (
    select * from exports where files_after = 1
),

before as (
    select
        newest.source,
        newest.platform,
        newest.export_kind,
        newest.account,
        count(*) as files,
        count(*) filter (where exports.locale = newest.locale) as files_of_locale
    from newest
    inner join exports
        on
            exports.source = newest.source
            and exports.platform is not distinct from newest.platform
            and exports.export_kind = newest.export_kind
            and exports.account = newest.account
            and exports.files_after between 2 and 9
    group by newest.source, newest.platform, newest.export_kind, newest.account
),

filled_before as (
    select
        source,
        platform,
        export_kind,
        account,
        replace(line, 'most:', 'any:') as line,
        count(*) as files
    from lines
    where files_after > 1 and line like 'most:%'
    group by source, platform, export_kind, account, line
),

gone as (
    select
        filled_before.source,
        filled_before.platform,
        filled_before.export_kind,
        filled_before.account,
        'gone' as change,
        substr(filled_before.line, 5) as column_name,
        before.files as files_compared
    from filled_before
    inner join before
        on
            before.source = filled_before.source
            and before.platform is not distinct from filled_before.platform
            and before.export_kind = filled_before.export_kind
            and before.account = filled_before.account
            and before.files = filled_before.files
    left join lines
        on
            lines.source = filled_before.source
            and lines.platform is not distinct from filled_before.platform
            and lines.export_kind = filled_before.export_kind
            and lines.account = filled_before.account
            and lines.files_after = 1
            and lines.line = filled_before.line
    where lines.line is null and before.files >= 3
),

known_before as (
    select distinct
        lines.source,
        lines.platform,
        lines.export_kind,
        lines.account,
        lines.locale,
        lines.line
    from lines
    where lines.files_after > 1 and lines.line like 'header:%'
),

new as (
    select
        lines.source,
        lines.platform,
        lines.export_kind,
        lines.account,
        'new' as change,
        substr(lines.line, 7) as column_name,
        before.files_of_locale as files_compared
    from lines
    inner join before
        on
            before.source = lines.source
            and before.platform is not distinct from lines.platform
            and before.export_kind = lines.export_kind
            and before.account = lines.account
    left join known_before
        on
            known_before.source = lines.source
            and known_before.platform is not distinct from lines.platform
            and known_before.export_kind = lines.export_kind
            and known_before.account = lines.account
            and known_before.locale = lines.locale
            and known_before.line = replace(lines.line, 'value:', 'header:')
    where
        lines.files_after = 1
        and lines.line like 'value:%'
        and before.files_of_locale >= 3
        and known_before.line is null
),

changes as (
    select * from gone
    union all
    select * from new
)

select
    changes.source,
    changes.platform,
    changes.export_kind,
    changes.account,
    changes.change,
    changes.column_name,
    newest.file_path,
    newest.since_date,
    changes.files_compared,
    coalesce(date_diff('day', newest.since_date, run.run_date) <= settings.watch_judged_days, false) as is_news
from changes
cross join settings
cross join run
inner join newest
    on
        newest.source = changes.source
        and newest.platform is not distinct from changes.platform
        and newest.export_kind = changes.export_kind
        and newest.account = changes.account
