/*
description: "One row a name by which ads and links call an item of the content calendar (its utm_content or its id), with what the item is sorted by. Where items of one name differ in a label, the label is NULL: nobody can tell which of them it was."
grain: [name]
materialise: table
owner: data-engineering
columns:
  name: {unit: text, description: "The name, in lower case."}
  series: {unit: text, description: Series of the item.}
  format: {unit: text, description: Format of the item.}
  hook: {unit: text, description: Opening of the item.}
  distribution: {unit: text, description: "How the item is spread: organic, paid or assisted."}
*/
with

items as (
    select * from staging.stg_content__items
),

named as (
    select lower(utm_content) as name, series, format, hook, distribution
    from items
    where utm_content is not null
    union all
    select lower(asset_id) as name, series, format, hook, distribution
    from items
)

select
    name,
    case when count(distinct series) = 1 then min(series) end as series,
    case when count(distinct format) = 1 then min(format) end as format,
    case when count(distinct hook) = 1 then min(hook) end as hook,
    case when count(distinct distribution) = 1 then min(distribution) end as distribution
from named
group by name
