/*
description: "One row a day or period, dimension and member as an analytics tool or search console reports it, the newest delivery of each figure; never mixed with core.fct_sessions, whose sessions are the own ones. Rows of different dimensions, filters or lengths of period describe the same visits: choose one of each before adding up. Unique visitors keep the grain that the tool delivered."
grain: [tool, property, filters, period_from, period_to, dimension, member]
materialise: table
owner: data-engineering
columns:
  tool: {unit: text, description: "The tool that reports: ga4, google_search_console, google_business_profile, plausible or matomo."}
  property: {unit: text, description: "The property, site or business that it is of."}
  filters: {unit: text, description: "To what the tool had restricted the report, empty for nothing."}
  dimension: {unit: text, description: "What the members are: page_path, query, country, source and so on; several joined by a plus; all for the whole."}
  member: {unit: text, description: "The member, of several dimensions joined by a bar; all for the whole."}
  date: {unit: date, description: "The day, NULL where the figures are of a longer period."}
  period_from: {unit: date, description: First day that the figures are of.}
  period_to: {unit: date, description: Last day that the figures are of.}
  visitors: {unit: count, sum: never, description: "Unique visitors: all of them where the tool tells, else the active ones (GA4 calls both users)."}
  active_visitors: {unit: count, sum: never, description: "Unique visitors who were active, as GA4 counts them."}
  new_visitors: {unit: count, sum: never, description: "Unique visitors not seen before."}
  returning_visitors: {unit: count, sum: never, description: "Unique visitors seen before."}
  sessions: {unit: count, sum: always, description: "Sessions or visits."}
  engaged_sessions: {unit: count, sum: always, description: "Sessions with engagement, as GA4 counts them."}
  pageviews: {unit: count, sum: always, description: "Pages seen."}
  events: {unit: count, sum: always, description: "Events."}
  clicks: {unit: count, sum: always, description: "Clicks: on a search result, on a profile's website link."}
  impressions: {unit: count, sum: always, description: "Times shown in search results."}
  calls: {unit: count, sum: always, description: "Calls from a business profile."}
  direction_requests: {unit: count, sum: always, description: "Requests for directions from a business profile."}
  conversions: {unit: number, sum: always, description: "What the tool counts as conversions: key events, goals."}
  bounce_rate: {unit: share, description: "Share of sessions that bounced, by the tool's own rule."}
  engagement_rate: {unit: share, description: "Share of sessions with engagement."}
  click_rate: {unit: share, description: "Clicks divided by impressions, as the tool gives it."}
  average_position: {unit: number, sum: never, description: "Mean position in search results; 1 is the top."}
  average_session_seconds: {unit: seconds, sum: never, description: "Mean length of a session."}
  average_engagement_seconds: {unit: seconds, sum: never, description: "Mean time engaged of an active visitor."}
  captured_at: {unit: timestamp, description: When the newest of the exports was made (UTC).}
  source_file: {unit: text, description: The file of the newest of the exports.}
*/
with

reported as (
    select * from staging.stg_web__reported
)

select
    tool,
    property,
    filters,
    dimension,
    member,
    case when period_from = period_to then period_from end as date,
    period_from,
    period_to,
    cast(coalesce(
        max(value) filter (where measure = 'visitors'),
        max(value) filter (where measure = 'active_visitors')
    ) as bigint) as visitors,
    cast(max(value) filter (where measure = 'active_visitors') as bigint) as active_visitors,
    cast(max(value) filter (where measure = 'new_visitors') as bigint) as new_visitors,
    cast(max(value) filter (where measure = 'returning_visitors') as bigint) as returning_visitors,
    cast(max(value) filter (where measure = 'sessions') as bigint) as sessions,
    cast(max(value) filter (where measure = 'engaged_sessions') as bigint) as engaged_sessions,
    cast(max(value) filter (where measure = 'pageviews') as bigint) as pageviews,
    cast(max(value) filter (where measure = 'events') as bigint) as events,
    cast(max(value) filter (where measure = 'clicks') as bigint) as clicks,
    cast(max(value) filter (where measure = 'impressions') as bigint) as impressions,
    cast(max(value) filter (where measure = 'calls') as bigint) as calls,
    cast(max(value) filter (where measure = 'direction_requests') as bigint) as direction_requests,
    cast(max(value) filter (where measure = 'conversions') as decimal(18, 6)) as conversions,
    cast(max(value) filter (where measure = 'bounce_rate') as decimal(9, 6)) as bounce_rate,
    cast(max(value) filter (where measure = 'engagement_rate') as decimal(9, 6)) as engagement_rate,
    cast(max(value) filter (where measure = 'click_rate') as decimal(9, 6)) as click_rate,
    cast(max(value) filter (where measure = 'average_position') as decimal(18, 6)) as average_position,
    cast(max(value) filter (where measure = 'average_session_seconds') as decimal(18, 3)) as average_session_seconds,
    cast(max(value) filter (where measure = 'average_engagement_seconds') as decimal(18, 3)) as average_engagement_seconds,
    max(captured_at) as captured_at,
    arg_max(source_file, concat(coalesce(cast(captured_at as varchar), ''), source_file)) as source_file
from reported
group by tool, property, filters, dimension, member, period_from, period_to
