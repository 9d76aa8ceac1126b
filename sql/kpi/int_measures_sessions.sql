/*
description: "One row a session measure, day, dimension and member: the social sessions of core.fct_sessions counted."
grain: [date, measure, dimension, member]
materialise: incremental
unit: [date]
day: date
restrict:
  core.fct_sessions: [session_date]
  core.fct_conversions: [session_date]
changed:
  core.fct_sessions: select session_date from changed
  core.fct_conversions: select session_date from changed where session_date is not null
  core.int_content_labels: >-
    select session_date from core.fct_sessions
    where is_social and lower(content) in (select name from changed where distribution = 'assisted')
owner: data-engineering
columns:
  date: {unit: date, description: The local day of the sessions.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: always, description: The count of the day.}
  consented_value: {unit: number, sum: always, description: "The part of the value that comes from visitors who consented."}
  stated_value: {unit: number, sum: always, description: "The part of the value that comes from visitors of whom it is stated whether they consented."}
*/
with

sessions as (
    select
        session_id,
        session_date,
        channel,
        platform,
        coalesce(source, referrer_source, app_source) as source,
        medium,
        campaign,
        content,
        landing_path,
        device,
        country,
        has_consent,
        is_paid,
        utm_status,
        is_bounce,
        is_returning
    from core.fct_sessions
    where is_social
),

conversions as (
    select * from core.fct_conversions
),

owners as (
    select * from core.int_link_owners
),

labels as (
    select name, distribution from core.int_content_labels
),

measure_dimensions as (
    select * from config.measure_dimensions
),

converted as (
    select distinct session_id
    from conversions
    where session_id is not null
),

social as (
    select
        sessions.session_date as date,
        coalesce(sessions.channel, '(none)') as channel,
        coalesce(sessions.platform, '(none)') as platform,
        coalesce(sessions.source, '(none)') as source,
        coalesce(sessions.medium, '(none)') as medium,
        coalesce(sessions.campaign, '(none)') as campaign,
        coalesce(sessions.content, '(none)') as content,
        coalesce(sessions.landing_path, '(none)') as landing_page,
        coalesce(sessions.device, '(none)') as device,
        coalesce(sessions.country, '(none)') as country,
        owners.owner,
        case when sessions.has_consent then 'given' when not sessions.has_consent then 'refused' else '(none)' end as consent,
        case when sessions.has_consent then 1 else 0 end as consented,
        case when sessions.has_consent is not null then 1 else 0 end as stated,
        coalesce(sessions.is_paid, false) as is_paid,
        case when sessions.utm_status = 'compliant' then 1 else 0 end as compliant,
        case when sessions.is_bounce then 1 else 0 end as bounced,
        case when sessions.is_returning then 1 else 0 end as returned,
        case when converted.session_id is not null then 1 else 0 end as converted
    from sessions
    left join converted on converted.session_id = sessions.session_id
    left join owners on owners.channel = sessions.channel and owners.platform = coalesce(sessions.platform, '')
),

-- The finest combinations are counted once, the dimensions are cut from these few.
cells as (
    select
        date,
        channel,
        platform,
        source,
        medium,
        campaign,
        content,
        landing_page,
        device,
        country,
        owner,
        consent,
        is_paid,
        count(*) as sessions,
        sum(consented) as consented,
        sum(stated) as stated,
        sum(compliant) as compliant,
        sum(bounced) as bounced,
        sum(returned) as returned,
        sum(converted) as converted
    from social
    group by date, channel, platform, source, medium, campaign, content, landing_page, device, country, owner, consent, is_paid
),

labelled as (
    select
        cells.*,
        cells.consent as consent_member,
        case when cells.is_paid then 0 else cells.sessions end as organic,
        case when labels.distribution = 'assisted' then 'assisted' when cells.is_paid then 'paid' else 'organic' end as distribution
    from cells
    left join labels on labels.name = lower(cells.content)
),

-- Who consented stays apart in every cut, so that each count can say which part of it is theirs.
counted as (
    select
        date,
        consent,
        case
            when grouping(channel) = 0 then 'channel'
            when grouping(platform) = 0 then 'platform'
            when grouping(source) = 0 then 'source'
            when grouping(medium) = 0 then 'medium'
            when grouping(campaign) = 0 then 'campaign'
            when grouping(content) = 0 then 'content'
            when grouping(landing_page) = 0 then 'landing_page'
            when grouping(device) = 0 then 'device'
            when grouping(country) = 0 then 'country'
            when grouping(owner) = 0 then 'owner'
            when grouping(consent_member) = 0 then 'consent'
            when grouping(distribution) = 0 then 'distribution'
            else 'all'
        end as dimension,
        coalesce(
            channel, platform, source, medium, campaign, content, landing_page, device, country, owner, consent_member, distribution, 'all'
        ) as member,
        sum(sessions) as sessions,
        sum(consented) as consented,
        sum(stated) as stated,
        sum(organic) as organic,
        sum(compliant) as compliant,
        sum(bounced) as bounced,
        sum(returned) as returned,
        sum(converted) as converted
    from labelled
    group by grouping sets (
        (date, consent),
        (date, consent, channel),
        (date, consent, platform),
        (date, consent, source),
        (date, consent, medium),
        (date, consent, campaign),
        (date, consent, content),
        (date, consent, landing_page),
        (date, consent, device),
        (date, consent, country),
        (date, consent, owner),
        (date, consent, consent_member),
        (date, consent, distribution)
    )
),

measured as (
    select
        counted.date,
        measure_dimensions.measure,
        counted.dimension,
        counted.member,
        counted.consent,
        case measure_dimensions.measure
            when 'social_sessions' then counted.sessions
            when 'social_sessions_consented' then counted.consented
            when 'social_sessions_stating' then counted.stated
            when 'social_sessions_organic' then counted.organic
            when 'social_sessions_compliant' then counted.compliant
            when 'social_sessions_bounced' then counted.bounced
            when 'social_sessions_returning' then counted.returned
            when 'social_sessions_converted' then counted.converted
        end as sessions
    from counted
    inner join measure_dimensions on measure_dimensions.dimension = counted.dimension
    where measure_dimensions.measure in (
        'social_sessions', 'social_sessions_consented', 'social_sessions_stating', 'social_sessions_organic', 'social_sessions_compliant',
        'social_sessions_bounced', 'social_sessions_returning', 'social_sessions_converted'
    )
)

select
    date,
    measure,
    dimension,
    member,
    cast(sum(sessions) as decimal(28, 9)) as value,
    cast(sum(case when consent = 'given' then sessions else 0 end) as decimal(28, 9)) as consented_value,
    cast(sum(case when consent <> '(none)' then sessions else 0 end) as decimal(28, 9)) as stated_value
from measured
group by date, measure, dimension, member
