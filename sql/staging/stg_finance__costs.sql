/*
description: "One row a cost line of a month. Of one month, kind, channel and currency the newest delivered file counts, with all its lines."
grain: [month, kind, channel, currency]
materialise: view
owner: data-engineering
columns:
  kind: {unit: text, description: "What the money went to: salary, tool, agency, creator; other where the source says nothing."}
  channel: {unit: text, description: "The channel it was spent for, NULL when for all."}
  currency: {unit: text, description: "Currency of the amount, ISO 4217 in capitals."}
  amount: {unit: money, sum: by_currency, description: The cost of the month.}
  month: {unit: date, description: First day of the month.}
  source_file: {unit: text, description: The file under the inbox that says so.}
*/
with

costs as (
    select * from raw.costs
),

typed as (
    select
        coalesce(nullif(lower(trim(kind)), ''), 'other') as kind,
        nullif(trim(channel), '') as channel,
        upper(trim(currency)) as currency,
        amount,
        cast(date_trunc('month', month) as date) as month,
        source_file,
        file_id,
        captured_at
    from costs
    where amount is not null and month is not null
),

newest as (
    select *
    from typed
    qualify dense_rank() over (
        partition by month, kind, channel, currency
        order by captured_at desc nulls last, file_id desc
    ) = 1
)

select
    kind,
    channel,
    currency,
    cast(sum(amount) as decimal(18, 4)) as amount,
    month,
    max(source_file) as source_file
from newest
group by kind, channel, currency, month
