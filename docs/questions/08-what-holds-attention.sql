-- Which series hold attention, make people save, and bring clicks?
select
    member as series,
    sum(numerator) filter (where kpi = 'views') as views,
    round(100 * sum(numerator) filter (where kpi = 'video_completion_rate')
        / nullif(sum(denominator) filter (where kpi = 'video_completion_rate'), 0), 1) as completion_percent,
    round(1000 * sum(numerator) filter (where kpi = 'save_rate')
        / nullif(sum(denominator) filter (where kpi = 'save_rate'), 0), 2) as saves_per_1000_impressions,
    round(100 * sum(numerator) filter (where kpi = 'organic_engagement_rate')
        / nullif(sum(denominator) filter (where kpi = 'organic_engagement_rate'), 0), 2) as engagement_percent,
    sum(numerator) filter (where kpi = 'link_clicks') as link_clicks
from kpi.kpi_values
where period = 'month' and dimension = 'series'
    and kpi in ('views', 'video_completion_rate', 'save_rate', 'organic_engagement_rate', 'link_clicks')
group by series
having sum(numerator) filter (where kpi = 'views') > 0
order by completion_percent desc nulls last;
