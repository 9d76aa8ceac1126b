-- What moved last week, against the week before and against the plan?
select
    catalogue.title_en as kpi,
    scorecard.unit,
    scorecard.previous_value as week_before,
    scorecard.value as last_week,
    scorecard.expected as should_be,
    scorecard.status,
    scorecard.owner
from kpi.scorecard
inner join kpi.kpi_catalogue as catalogue on catalogue.kpi = scorecard.kpi
where scorecard.plan = 'nb2026'
    and scorecard.week_start_date = (
        select max(week_start_date) from kpi.scorecard where plan = 'nb2026' and is_complete and value is not null
    )
order by scorecard.status, kpi;
