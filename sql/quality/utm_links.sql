/*
description: "One row a registered link (links/*.csv): whose it is, when it was first and last followed, and what came of it. One that nobody followed within utm_links.grace_days of config/settings.yml is marked never_visited."
grain: [link_id]
materialise: table
owner: marketing
columns:
  link_id: {unit: id, description: "The link's id in the list."}
  url: {unit: url, description: The link as registered.}
  owner: {unit: text, description: "Who published it, as registered, else who mends the links of its platform by config/utm_standard.yml."}
  registered_date: {unit: date, description: Day on which it was registered.}
  status: {unit: text, description: "visited, waiting (not yet, and not for long), or never_visited."}
  source: {unit: text, description: "Its utm_source, under its one name in the UTM standard."}
  medium: {unit: text, description: "Its utm_medium, under its one name in the UTM standard."}
  campaign: {unit: text, description: "Its utm_campaign, in lower case."}
  content: {unit: text, description: Its utm_content.}
  term: {unit: text, description: Its utm_term.}
  utm_id: {unit: text, description: Its utm_id.}
  note: {unit: text, description: The note beside it in the list.}
  first_visit_date: {unit: date, description: "Day of the first session by it, wrong clocks apart; NULL where there is none."}
  last_visit_date: {unit: date, description: "Day of the last session by it, wrong clocks apart; NULL where there is none."}
  sessions: {unit: count, sum: always, description: Sessions by it.}
  conversions: {unit: count, sum: always, description: Leads and orders that belong to these sessions.}
  credited_conversions: {unit: number, sum: always, description: "Credit of all conversions that these sessions take, under the attribution model of config/settings.yml."}
  credited_value: {unit: money, sum: always, description: "The value that goes with that credit, in the reporting currency."}
  currency: {unit: currency, description: The reporting currency.}
*/
with

links as (
    select * from config.utm_links
),

owners as (
    select * from config.utm_owners
),

settings as (
    select * from config.settings
),

link_sessions as (
    select * from core.fct_link_sessions
),

conversions as (
    select * from core.fct_conversions
),

credits as (
    select * from attribution.credits
),

-- How far the data reach; a wrong clock must not make every link overdue.
newest as (
    select max(session_date) as session_date from core.fct_sessions
    where not is_clock_suspect
),

visits as (
    select
        link_sessions.link_id,
        min(link_sessions.session_date) filter (
            where link_sessions.session_date between date '2000-01-01' and newest.session_date
        ) as first_visit_date,
        max(link_sessions.session_date) filter (
            where link_sessions.session_date between date '2000-01-01' and newest.session_date
        ) as last_visit_date,
        count(*) as sessions
    from link_sessions
    cross join newest
    group by link_sessions.link_id
),

converted as (
    select
        link_sessions.link_id,
        count(*) as conversions
    from conversions
    inner join link_sessions on link_sessions.session_id = conversions.session_id
    group by link_sessions.link_id
),

credited as (
    select
        link_sessions.link_id,
        sum(credits.credit) as credit,
        sum(credits.value_reporting) as value_reporting
    from credits
    inner join settings on settings.attribution_model = credits.model
    inner join link_sessions on link_sessions.session_id = credits.session_id
    group by link_sessions.link_id
)

select
    links.link_id,
    links.url,
    coalesce(links.owner, by_platform.owner, by_default.owner) as owner,
    links.registered_date,
    case
        when visits.sessions is not null then 'visited'
        when newest.session_date >= links.registered_date + interval 1 day * settings.link_grace_days then 'never_visited'
        else 'waiting'
    end as status,
    links.source,
    links.medium,
    links.campaign,
    links.content,
    links.term,
    links.utm_id,
    links.note,
    visits.first_visit_date,
    visits.last_visit_date,
    coalesce(visits.sessions, 0) as sessions,
    coalesce(converted.conversions, 0) as conversions,
    cast(coalesce(credited.credit, 0) as decimal(28, 9)) as credited_conversions,
    cast(coalesce(credited.value_reporting, 0) as decimal(18, 4)) as credited_value,
    settings.currency
from links
cross join settings
cross join newest
left join owners as by_platform on by_platform.platform = links.source
left join owners as by_default on by_default.channel is null and by_default.platform is null
left join visits on visits.link_id = links.link_id
left join converted on converted.link_id = links.link_id
left join credited on credited.link_id = links.link_id
