/*
description: >-
  The English text of everything that rules and risks say of their figures or of what is missing, a row each. A said is lines of JSON, each with the
  name of a text of evidence.yml and its figures (config/evidence.py); a line that is no JSON stands for itself. The review tells
  the same in its own language.
grain: [said]
materialise: incremental
unit: [said]
restrict:
  kpi.int_rule_verdicts: evidence in (select said from units) or missing in (select said from units)
  kpi.int_risk_levels: evidence in (select said from units) or missing in (select said from units)
  kpi.int_risk_changes: evidence in (select said from units) or missing in (select said from units)
changed:
  kpi.int_rule_verdicts: select evidence from changed union select missing from changed
  kpi.int_risk_levels: select evidence from changed union select missing from changed
  kpi.int_risk_changes: select evidence from changed union select missing from changed
owner: data-engineering
columns:
  said: {unit: json, description: "What a model gave: a text's name and its figures, a line each."}
  english: {unit: text, description: The same in words.}
*/
with

verdicts as (
    select * from kpi.int_rule_verdicts
),

risk_levels as (
    select * from kpi.int_risk_levels
),

risk_changes as (
    select * from kpi.int_risk_changes
),

pieces as (
    select * from config.evidence_pieces
),

everything as (
    select evidence as said from verdicts
    union
    select missing from verdicts
    union
    select evidence from risk_levels
    union
    select missing from risk_levels
    union
    select evidence from risk_changes
    union
    select missing from risk_changes
),

numbered as (
    select
        said,
        unnest(generate_series(1, 1 + length(said) - length(replace(said, chr(10), '')))) as line
    from everything
    where said is not null
),

lines as (
    select
        said,
        line,
        split_part(said, chr(10), cast(line as integer)) as figures,
        case when starts_with(split_part(said, chr(10), cast(line as integer)), '{') then split_part(said, chr(10), cast(line as integer)) ->> '$.text' end as text
    from numbered
),

-- A piece of a line: words, or a figure in its place.
filled as (
    select
        lines.said,
        lines.line,
        lines.text,
        pieces.place,
        pieces.literal,
        pieces.name,
        pieces.decimals,
        pieces.unknown,
        pieces.group_number,
        case when pieces.text is null then lines.figures when pieces.name is not null then lines.figures ->> concat('$.', pieces.name) end as figure
    from lines
    left join pieces on pieces.text = lines.text
),

measured as (
    select *, case when decimals is not null then cast(figure as decimal(28, 9)) end as number
    from filled
),

-- Whole numbers need no decimals.
kept as (
    select
        *,
        group_number > 0 and bool_or(name is not null and figure is null) over (partition by said, line, group_number) as is_left_out,
        case
            when decimals = 0 or number = round(number, 0) then cast(cast(round(number, 0) as decimal(28, 0)) as varchar)
            when decimals = 1 then cast(cast(round(number, 1) as decimal(28, 1)) as varchar)
            when decimals = 2 then cast(cast(round(number, 2) as decimal(28, 2)) as varchar)
            else figure
        end as shown
    from measured
),

told as (
    select
        said,
        line,
        text,
        string_agg(case when is_left_out then '' when name is null then coalesce(shown, literal) else coalesce(shown, unknown) end, '' order by place) as english
    from kept
    group by said, line, text
),

-- The same text again is one more of a list.
parted as (
    select
        said,
        line,
        case when text = lag(text) over (partition by said order by line) then concat('; ', english) else english end as english
    from told
)

select
    said,
    string_agg(english, '' order by line) as english
from parted
group by said
