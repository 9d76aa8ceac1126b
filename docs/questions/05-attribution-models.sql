-- How much does the answer depend on the attribution model?
select
    channel,
    round(sum(value_reporting) filter (where model = 'first'), 0) as first_touch,
    round(sum(value_reporting) filter (where model = 'linear'), 0) as linear,
    round(sum(value_reporting) filter (where model = 'time_decay'), 0) as time_decay,
    round(sum(value_reporting) filter (where model = 'last_non_direct'), 0) as last_non_direct,
    round(sum(value_reporting) filter (where model = 'last'), 0) as last_touch
from attribution.credits_daily
where conversion_type = 'order'
group by channel
order by last_non_direct desc nulls last;
