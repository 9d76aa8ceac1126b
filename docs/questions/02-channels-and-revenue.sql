-- Which channels bring the revenue, and how has their share changed in four weeks?
with weeks as (
    select max(period_start_date) as newest
    from kpi.kpi_values
    where kpi = 'orders' and period = 'week' and dimension = 'all' and is_complete
)
select
    "values".member as channel,
    round(sum("values".numerator) filter (where period_start_date > newest - 28), 0) as revenue_4_weeks,
    round(sum("values".numerator) filter (where period_start_date <= newest - 28), 0) as revenue_4_weeks_before,
    round(100 * sum("values".numerator) filter (where period_start_date > newest - 28)
        / sum(sum("values".numerator) filter (where period_start_date > newest - 28)) over (), 1) as share_percent
from kpi.kpi_values as "values"
cross join weeks
where kpi = 'revenue_social' and period = 'week' and dimension = 'channel'
    and period_start_date > newest - 56 and period_start_date <= newest
group by channel
order by revenue_4_weeks desc;
