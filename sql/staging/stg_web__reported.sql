/*
description: "One row a figure that an analytics tool or search console reports itself, the newest delivery of each. Google Business Profile counts its viewers by surface: they become members of their own, since the same person counts at each."
grain: [tool, property, filters, period_from, period_to, dimension, member, measure]
materialise: view
owner: data-engineering
columns:
  tool: {unit: text, description: "The tool that reports, such as ga4 or google_search_console."}
  property: {unit: text, description: "The property, site or business that it is of."}
  filters: {unit: text, description: "To what the tool had restricted the report, empty for nothing."}
  dimension: {unit: text, description: "What the members are, all for the whole."}
  member: {unit: text, description: "The member, all for the whole."}
  measure: {unit: text, description: "What is measured, by the column names of core.fct_web_reported."}
  value: {unit: number, sum: never, description: The figure as delivered; shares are 0 to 1.}
  period_from: {unit: date, description: First day that the figure is of.}
  period_to: {unit: date, description: Last day that the figure is of.}
  captured_at: {unit: timestamp, description: When the export was made (UTC).}
  source_file: {unit: text, description: The file under the inbox.}
*/
with

reported as (
    select * from raw.web_reported
),

surfaces as (
    select
        *,
        case measure
            when 'search_mobile_viewers' then 'search, mobile'
            when 'search_desktop_viewers' then 'search, desktop'
            when 'maps_mobile_viewers' then 'maps, mobile'
            when 'maps_desktop_viewers' then 'maps, desktop'
        end as surface
    from reported
    where value is not null and period_from is not null
),

figures as (
    select
        tool,
        coalesce(property, '') as property,
        coalesce(filters, '') as filters,
        case when surface is null then dimension else concat(dimension, ' + surface') end as dimension,
        case when surface is null then member else concat(member, ' | ', surface) end as member,
        case when surface is null then measure else 'visitors' end as measure,
        value,
        period_from,
        period_to,
        captured_at,
        source_file,
        file_id,
        source_row
    from surfaces
)

select
    tool,
    property,
    filters,
    dimension,
    member,
    measure,
    value,
    period_from,
    period_to,
    captured_at,
    source_file
from figures
qualify row_number() over (
    partition by tool, property, filters, period_from, period_to, dimension, member, measure
    order by captured_at desc nulls last, file_id desc, source_row desc
) = 1
