-- Which landing pages turn visits into leads and orders, and which do not?
select
    member as landing_page,
    sum(denominator) as sessions,
    sum(numerator) as converted,
    round(100 * sum(numerator) / sum(denominator), 2) as conversion_rate_percent
from kpi.kpi_values
where kpi = 'landing_page_cvr' and period = 'month' and dimension = 'landing_page'
group by landing_page
having sum(denominator) >= 100
order by conversion_rate_percent desc;
