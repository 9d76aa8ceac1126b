-- Where do we lose people between being seen and being paid, week by week?
select
    period_start_date as week,
    max(numerator) filter (where kpi = 'impressions') as impressions,
    max(numerator) filter (where kpi = 'link_clicks') as link_clicks,
    max(numerator) filter (where kpi = 'social_sessions') as sessions,
    round(max(numerator) filter (where kpi = 'leads_social'), 1) as leads,
    round(max(numerator) filter (where kpi = 'revenue_social'), 0) as revenue,
    round(max(value) filter (where kpi = 'landing_page_cvr'), 2) as conversion_rate_percent
from kpi.kpi_values
where period = 'week' and dimension = 'all'
    and kpi in ('impressions', 'link_clicks', 'social_sessions', 'leads_social', 'revenue_social', 'landing_page_cvr')
group by week
having bool_and(is_complete)
order by week desc
limit 8;
