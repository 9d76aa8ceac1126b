/*
description: "One row a measure, day, dimension and member: all the building blocks of the KPIs in one place."
grain: [date, measure, dimension, member]
materialise: view
owner: data-engineering
columns:
  date: {unit: date, description: The local day.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: not_over_time, description: "The amount of the day, money in the reporting currency; stocks and unique counts must not be added up over days."}
  consented_value: {unit: number, sum: not_over_time, description: "The part of the value that comes from visitors who consented; NULL where a measure knows of no visitor."}
  stated_value: {unit: number, sum: not_over_time, description: "The part of the value that comes from visitors of whom it is stated whether they consented; NULL where a measure knows of no visitor."}
*/
select date, measure, dimension, member, value, consented_value, stated_value from kpi.int_measures_sessions
union all
select date, measure, dimension, member, value, consented_value, stated_value from kpi.int_measures_conversions
union all
select date, measure, dimension, member, value, null, null from kpi.int_measures_posts
union all
select date, measure, dimension, member, value, null, null from kpi.int_measures_ads
union all
select date, measure, dimension, member, value, null, null from kpi.int_measures_accounts
union all
select date, measure, dimension, member, value, null, null from kpi.int_measures_content
union all
select date, measure, dimension, member, value, null, null from kpi.int_measures_emails
union all
select date, measure, dimension, member, value, null, null from kpi.int_measures_community
union all
select date, measure, dimension, member, value, null, null from kpi.int_measures_team
union all
select date, measure, dimension, member, value, null, null from kpi.int_measures_subscriptions
union all
select date, measure, dimension, member, value, consented_value, stated_value from kpi.int_measures_customers
union all
select date, measure, dimension, member, value, consented_value, stated_value from kpi.int_measures_creatives
