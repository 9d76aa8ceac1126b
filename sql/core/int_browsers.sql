/*
description: "One row a user agent: whether it is a program, and which app's built-in browser it is. Judged once an agent, not once a session."
grain: [user_agent]
materialise: incremental
unit: [user_agent]
restrict:
  core.int_session_deliveries: select user_agent from units
changed:
  raw.web_sessions: &news >-
    select user_agent from core.int_session_deliveries where user_agent is not null
    except
    select user_agent from core.int_browsers
  core.int_event_sessions: *news
  core.int_repeated_sessions: select user_agent from core.int_browsers where 1 = 0
  core.int_value_meanings: select user_agent from core.int_browsers where 1 = 0
owner: data-engineering
columns:
  user_agent: {unit: text, description: "The browser's user agent, as delivered."}
  is_bot: {unit: flag, description: "Whether it is a program's, by the list in config/channels.yml."}
  app_source: {unit: text, description: "The app whose built-in browser it is; NULL for programs and other browsers."}
  app_kind: {unit: text, description: The kind of that app.}
  own_bits: {unit: number, sum: never, description: "Alternatives of our own channel rules that the app, or the lack of one, fits (bits, see config/channels.py)."}
  source_bits: {unit: number, sum: never, description: Alternatives of our own channel rules that the app fits as the source; NULL without an app.}
*/
with

sessions as (
    select * from core.int_session_deliveries
),

-- The apps' own names are among the values whatever is tagged, with the same meaning every time.
meanings as (
    select * from core.int_value_meanings
),

apps as (
    select * from config.channel_apps
),

bots as (
    select * from config.channel_bots
),

conditions as (
    select * from config.channel_conditions
),

free_bits as (
    select * from config.channel_free
),

agents as (
    select distinct user_agent from sessions where user_agent is not null
),

bot_agents as (
    select distinct agents.user_agent
    from agents
    inner join bots on contains(lower(agents.user_agent), bots.token)
),

app_agents as (
    select
        agents.user_agent,
        apps.source,
        apps.kind
    from agents
    inner join apps on contains(agents.user_agent, apps.token)
    left join bot_agents on bot_agents.user_agent = agents.user_agent
    where bot_agents.user_agent is null
    qualify row_number() over (partition by agents.user_agent order by apps.place) = 1
)

select
    agents.user_agent,
    bot_agents.user_agent is not null as is_bot,
    app_agents.source as app_source,
    app_agents.kind as app_kind,
    free_bits.own_bits | coalesce(conditions.own_bits, 0) as own_bits,
    source_meaning.own_bits as source_bits
from agents
inner join free_bits on free_bits.dimension = 'app'
left join bot_agents on bot_agents.user_agent = agents.user_agent
left join app_agents on app_agents.user_agent = agents.user_agent
left join conditions
    on conditions.dimension = 'app' and conditions.feature = 'kind:' || coalesce(app_agents.kind, 'none')
left join meanings as source_meaning
    on source_meaning.dimension = 'source'
    and source_meaning.given = app_agents.source
    and source_meaning.recovered = ''
