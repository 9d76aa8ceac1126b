/*
description: "One row a session that came by a registered link (links/*.csv): the link whose utm_id it has, else the one with its tags and its page, else the only one with its tags. A session that fits several links equally well is not here, nor is a program's."
grain: [session_id]
materialise: incremental
unit: [session_id]
day: session_date
restrict:
  core.fct_sessions: [session_id]
changed:
  core.fct_sessions: >-
    select session_id from changed
    where coalesce(campaign, '') in (select coalesce(campaign, '') from config.utm_links)
    or utm_id in (select utm_id from config.utm_links where utm_id is not null)
    or session_id in (select session_id from core.fct_link_sessions)
owner: marketing
columns:
  session_id: {unit: id, description: "The session, as in core.fct_sessions."}
  session_date: {unit: date, description: Local day on which it began.}
  link_id: {unit: id, description: "The link, as in quality.utm_links."}
  matched_by: {unit: text, description: "How the link is known: id (utm_id), link (tags and page) or tags (the tags on another page)."}
*/
with

links as (
    select
        link_id,
        host,
        path,
        utm_id,
        concat_ws(
            '|', coalesce(source, ''), coalesce(medium, ''), coalesce(campaign, ''), coalesce(content, ''), coalesce(term, '')
        ) as tags
    from config.utm_links
),

-- An id that several links share is a campaign's, and says nothing of the link; so it is with tags and pages.
by_id as (
    select
        utm_id,
        min(link_id) as link_id
    from links
    where utm_id is not null
    group by utm_id
    having count(*) = 1
),

by_link as (
    select
        tags,
        host,
        path,
        min(link_id) as link_id
    from links
    group by tags, host, path
    having count(*) = 1
),

by_tags as (
    select
        tags,
        min(link_id) as link_id
    from links
    group by tags
    having count(*) = 1
),

-- Only sessions that have the id or the campaign of some link come into question.
sessions as (
    select
        session_id,
        session_date,
        utm_id,
        regexp_replace(landing_host, '^www[.]', '', 'g') as host,
        rtrim(coalesce(try(url_decode(landing_path)), landing_path), '/') as path,
        concat_ws(
            '|', coalesce(source, ''), coalesce(medium, ''), coalesce(campaign, ''), coalesce(content, ''), coalesce(term, '')
        ) as tags
    from core.fct_sessions
    where
        not is_bot
        and (
            coalesce(campaign, '') in (select coalesce(campaign, '') from config.utm_links)
            or utm_id in (select utm_id from config.utm_links where utm_id is not null)
        )
),

known as (
    select
        sessions.session_id,
        sessions.session_date,
        coalesce(by_id.link_id, by_link.link_id, by_tags.link_id) as link_id,
        case
            when by_id.link_id is not null then 'id'
            when by_link.link_id is not null then 'link'
            else 'tags'
        end as matched_by
    from sessions
    left join by_id on by_id.utm_id = sessions.utm_id
    left join by_link
        on by_link.tags = sessions.tags and by_link.host = sessions.host and by_link.path = sessions.path
    left join by_tags on by_tags.tags = sessions.tags
)

select
    session_id,
    session_date,
    link_id,
    matched_by
from known
where link_id is not null
