-- What does a lead cost by campaign, and how sure is that?
with month as (
    select campaign.member as campaign, sum(campaign.numerator) as spend, sum(campaign.denominator) as leads
    from kpi.kpi_values as campaign
    where campaign.kpi = 'cpl_paid' and campaign.period = 'week' and campaign.dimension = 'campaign'
        and campaign.period_start_date > (
            select max(period_start_date) - 28 from kpi.kpi_values
            where kpi = 'cpl_paid' and period = 'week' and dimension = 'all' and is_complete
        )
    group by campaign.member
)
select campaign, round(spend, 0) as spend, round(leads, 1) as leads, round(spend / nullif(leads, 0), 0) as cost_per_lead
from month
where spend > 0
order by spend desc;
