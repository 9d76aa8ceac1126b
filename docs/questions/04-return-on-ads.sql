-- Which campaigns earn back what they cost?
select
    member as campaign,
    round(sum(denominator), 0) as spend,
    round(sum(numerator), 0) as revenue,
    round(sum(numerator) / nullif(sum(denominator), 0), 2) as roas
from kpi.kpi_values
where kpi = 'roas' and period = 'month' and dimension = 'campaign'
    and period_start_date >= (
        select max(period_start_date) - interval 2 month from kpi.kpi_values where kpi = 'roas' and period = 'month' and dimension = 'all'
    )
group by campaign
having sum(denominator) > 0
order by roas desc nulls last;
