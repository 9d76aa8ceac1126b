-- Can I trust last week's numbers: what waits, what failed, what is incomplete?
select 'files waiting or partly loaded' as what, count(*) as number, string_agg(distinct reason, '; ') as detail
from quality.files
where status in ('quarantined', 'partly_loaded')
union all
select 'checks that failed', count(distinct (asset, check_name)), string_agg(distinct asset || ' ' || check_name, '; ')
from quality.check_results
where not passed and checked_at = (select max(checked_at) from quality.check_results as newest where newest.check_name = check_results.check_name)
union all
select 'days unlike their weekdays', count(*), string_agg(distinct series || ' of ' || member, '; ')
from quality.anomalies
union all
select 'KPIs incomplete in the last week shown', count(*), string_agg(kpi, ', ' order by kpi)
from kpi.kpi_values
where period = 'week' and dimension = 'all' and not is_complete
    and period_start_date = (select max(week_start_date) from kpi.scorecard where is_complete and value is not null);
