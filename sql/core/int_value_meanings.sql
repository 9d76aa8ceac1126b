/*
description: "One row a value of utm_source, utm_medium or utm_campaign and one a referring address that any session has: which site it stands for, how it stands to the UTM standard, and which alternatives of the channel rules it fits (bits, see config/channels.py). Judged once a value, not once a session; what a value means depends on nothing but the configuration, so a night judges only values that were never seen."
grain: [dimension, given, recovered]
materialise: incremental
unit: [dimension, given, recovered]
restrict:
  core.int_link_tags: >-
    utm_source in (select given from units where dimension = 'source')
    or utm_medium in (select given from units where dimension = 'medium')
    or utm_campaign in (select given from units where dimension = 'campaign')
    or (utm_source is null and '' in (select given from units where dimension = 'source'))
    or (utm_medium is null and '' in (select given from units where dimension = 'medium'))
    or (utm_campaign is null and '' in (select given from units where dimension = 'campaign'))
  core.int_session_deliveries: select given as referrer_page from units where dimension = 'referrer'
changed:
  core.int_link_tags: >-
    (select 'source', coalesce(utm_source, ''), coalesce(recovered_source, '') from changed
    union
    select 'medium', coalesce(utm_medium, ''), coalesce(recovered_medium, '') from changed
    union
    select 'campaign', coalesce(utm_campaign, ''), coalesce(recovered_campaign, '') from changed)
    except
    select dimension, given, recovered from core.int_value_meanings
  raw.web_sessions: &news >-
    select 'referrer', referrer_page, '' from core.int_session_deliveries where referrer_page is not null
    except
    select dimension, given, recovered from core.int_value_meanings
  core.int_event_sessions: *news
  core.int_repeated_sessions: select dimension, given, recovered from core.int_value_meanings where 1 = 0
owner: data-engineering
columns:
  dimension: {unit: text, description: "source, medium, campaign or referrer."}
  given: {unit: text, description: "The strict value, empty where there is none; for a referrer its address up to the query."}
  recovered: {unit: text, description: "What else can be read where the strict value is broken; empty where nothing else can."}
  own_name: {unit: text, description: "The value as mended and under its one name in the UTM standard, else in lower case; for a referrer its host. NULL where absent."}
  platform: {unit: text, description: "The site it stands for, under its one name in config/sources.csv."}
  own_kind: {unit: text, description: "The site's kind in config/sources.csv; unknown for a referring site that is not there."}
  state: {unit: text, description: "Against the UTM standard: ok, repaired, invalid or absent; NULL for a referrer."}
  own_bits: {unit: number, sum: never, description: Alternatives of our own rules that the value fits.}
  ga4_bits: {unit: number, sum: never, description: "Alternatives of Google's rules that the value fits; for a referrer those of source, medium and campaign together."}
  source_bits: {unit: number, sum: never, description: "For a referrer: alternatives of our own rules that its site fits as the source; else NULL."}
*/
with

link_tags as (
    select * from core.int_link_tags
),

tag_values as (
    select 'source' as dimension, coalesce(utm_source, '') as given, coalesce(recovered_source, '') as recovered from link_tags
    union
    select 'medium', coalesce(utm_medium, ''), coalesce(recovered_medium, '') from link_tags
    union
    select 'campaign', coalesce(utm_campaign, ''), coalesce(recovered_campaign, '') from link_tags
),

referring_pages as (
    select distinct referrer_page from core.int_session_deliveries where referrer_page is not null
),

standard as (
    select * from config.utm_standard
),

allowed_values as (
    select * from config.utm_values
),

sources as (
    select * from config.sources
),

click_ids as (
    select * from config.click_ids
),

apps as (
    select * from config.channel_apps
),

classes as (
    select * from config.channel_classes
),

conditions as (
    select * from config.channel_conditions
),

free_bits as (
    select * from config.channel_free
),

referrers as (
    select
        referrer_page,
        nullif(lower(split_part(split_part(split_part(rest, '/', 1), '@', -1), ':', 1)), '') as host,
        substr(rest, strpos(rest || '/', '/')) as path
    from (
        select
            referrer_page,
            case
                when contains(referrer_page, '://') then substr(referrer_page, strpos(referrer_page, '://') + 3)
                else regexp_replace(referrer_page, '^//', '', 'g')
            end as rest
        from referring_pages
    ) as pages
),

-- Beside what was tagged, what Google Analytics calls the absent, and what click ids, apps and referrers stand for.
all_values as (
    select * from tag_values
    union
    select 'source' as dimension, unnest(['(direct)', '(not set)']) as given, '' as recovered
    union
    select 'medium', unnest(['(none)', '(not set)', 'organic', 'referral', 'ai-assistant']), ''
    union
    select 'campaign', '(not set)', ''
    union
    select 'source', source, '' from click_ids
    union
    select 'source', ga4_source, '' from click_ids where ga4_source is not null
    union
    select 'medium', medium, '' from click_ids where medium is not null
    union
    select 'medium', ga4_medium, '' from click_ids where ga4_medium is not null
    union
    select 'source', source, '' from apps
),

-- Own names follow the UTM standard and what was recovered; Google's is the strict value in lower case.
named_values as (
    select
        all_values.dimension,
        all_values.given,
        all_values.recovered,
        lower(all_values.given) as ga4_name,
        coalesce(allowed_values.value, lower(trim(coalesce(nullif(all_values.recovered, ''), all_values.given)))) as own_name,
        allowed_values.value as allowed_value
    from all_values
    left join allowed_values
        on allowed_values.utm_key = 'utm_' || all_values.dimension
        and allowed_values.folded = regexp_replace(
            lower(trim(coalesce(nullif(all_values.recovered, ''), all_values.given))), '[\s_-]+', '_', 'g'
        )
),

-- ---- which site a name or a host stands for: the entry with the longest host wins -------------------------------------------------

site_names as (
    select own_name as name from named_values where dimension = 'source'
    union
    select ga4_name from named_values where dimension = 'source'
    union
    select host from referrers where host is not null
),

-- A host under any country's ending is compared as well: www.google.co.uk as www.google.*.
labelled_names as (
    select
        name,
        name as host
    from site_names
    union all
    select
        name,
        regexp_replace(name, '[.](?:com?[.])?[a-z]{2,3}$', '.*', 'g') as host
    from site_names
    where contains(name, '.')
),

candidates as (
    select name, host as candidate from labelled_names
    union
    select name, split_part(host, '.', -2) || '.' || split_part(host, '.', -1) from labelled_names
    union
    select name, split_part(host, '.', -3) || '.' || split_part(host, '.', -2) || '.' || split_part(host, '.', -1)
    from labelled_names
    union
    select
        name,
        split_part(host, '.', -4) || '.' || split_part(host, '.', -3) || '.' || split_part(host, '.', -2)
        || '.' || split_part(host, '.', -1)
    from labelled_names
),

known_sites as (
    select
        candidates.name,
        sources.source,
        sources.kind,
        sources.ga4_kind
    from candidates
    inner join sources on sources.match_host = candidates.candidate and sources.match_path = ''
    qualify row_number() over (
        partition by candidates.name order by length(sources.match_host) desc, sources.match_host
    ) = 1
),

-- An entry with a path goes before a bare host.
known_pages as (
    select
        referrers.referrer_page,
        sources.source,
        sources.kind,
        sources.ga4_kind
    from referrers
    inner join candidates on candidates.name = referrers.host
    inner join sources on sources.match_host = candidates.candidate
    where
        sources.match_path <> ''
        and (referrers.path = sources.match_path or starts_with(referrers.path, sources.match_path || '/'))
    qualify row_number() over (
        partition by referrers.referrer_page
        order by length(sources.match_path) desc, length(sources.match_host) desc, sources.match_host
    ) = 1
),

-- ---- which patterns of the configuration a value fits ------------------------------------------------------------------------------------
-- A pattern that stands in a table is compiled again for every row that it is held against, which costs fifty times the test itself. So names
-- are asked about in bundles, a name a line: '(?m)' makes the ends of a line those of the name. What a line can't hold, and lines that a
-- pattern ran across (one that fits a line break), are asked about one by one.

patterns as (
    select dimension, class, pattern from classes
    union all
    select 'campaign', '(standard)', campaign_pattern from standard
),

asked_names as (
    select
        dimension,
        name,
        name = '' or length(name) > 500 or regexp_matches(name, '[\x00-\x1F\x7F\x{85}\x{2028}\x{2029}]') as is_apart
    from (
        select dimension, own_name as name from named_values
        union
        select dimension, ga4_name from named_values
    ) as names
    where dimension in (select dimension from patterns)
),

numbered_names as (
    select
        dimension,
        name,
        row_number() over (
            partition by dimension
            order by name
        ) as place
    from asked_names
    where not is_apart
),

bundles as (
    select
        dimension,
        place // 1000 as bundle,
        string_agg(name, chr(10) order by name) as names
    from numbered_names
    group by dimension, place // 1000
),

fitting_lines as (
    select
        bundles.dimension,
        patterns.class,
        patterns.pattern,
        unnest(regexp_extract_all(bundles.names, '(?m)^(?:' || patterns.pattern || ')$')) as lines
    from bundles
    inner join patterns on patterns.dimension = bundles.dimension
),

single_names as (
    select
        asked_names.dimension,
        patterns.class,
        patterns.pattern,
        asked_names.name
    from asked_names
    inner join patterns on patterns.dimension = asked_names.dimension
    where asked_names.is_apart
    union all
    select dimension, class, pattern, unnest(string_split(lines, chr(10)))
    from fitting_lines
    where contains(lines, chr(10))
),

fitting_names as (
    select dimension, class, lines as name
    from fitting_lines
    where not contains(lines, chr(10))
    union all
    select dimension, class, name
    from single_names
    where regexp_full_match(name, pattern)
),

-- ---- what each value means: judged once a value, not once a session --------------------------------------------------------------------
-- Bits stand for the alternatives of the channel rules (config/channels.py): a value has those that ask for one of its features, and
-- those that don't ask about its dimension.

judged_values as (
    select
        named_values.*,
        own_site.source as platform,
        own_site.kind as own_kind,
        ga4_site.ga4_kind,
        case
            when named_values.given = '' and named_values.recovered = '' then 'absent'
            when named_values.dimension = 'campaign' then
                case
                    when length(named_values.own_name) > standard.campaign_max_length or standard_names.name is null then 'invalid'
                    when named_values.own_name = named_values.given then 'ok'
                    else 'repaired'
                end
            when named_values.allowed_value is null then 'invalid'
            when named_values.allowed_value = named_values.given and named_values.recovered = '' then 'ok'
            else 'repaired'
        end as state
    from named_values
    cross join standard
    left join known_sites as own_site
        on named_values.dimension = 'source' and own_site.name = named_values.own_name
    left join known_sites as ga4_site
        on named_values.dimension = 'source' and ga4_site.name = named_values.ga4_name
    left join fitting_names as standard_names
        on standard_names.class = '(standard)'
        and standard_names.dimension = named_values.dimension
        and standard_names.name = named_values.own_name
),

features as (
    select dimension, given, recovered, 'own' as grouping_name, 'value:' || own_name as feature from judged_values
    union all
    select dimension, given, recovered, 'ga4', 'value:' || ga4_name from judged_values
    union all
    select dimension, given, recovered, 'own', 'kind:' || own_kind from judged_values where own_kind is not null
    union all
    select dimension, given, recovered, 'ga4', 'kind:' || ga4_kind from judged_values where ga4_kind is not null
    union all
    select judged_values.dimension, judged_values.given, judged_values.recovered, 'own', 'class:' || fitting_names.class
    from judged_values
    inner join fitting_names
        on fitting_names.dimension = judged_values.dimension and fitting_names.name = judged_values.own_name
    union all
    select judged_values.dimension, judged_values.given, judged_values.recovered, 'ga4', 'class:' || fitting_names.class
    from judged_values
    inner join fitting_names
        on fitting_names.dimension = judged_values.dimension and fitting_names.name = judged_values.ga4_name
),

feature_bits as (
    select
        features.dimension,
        features.given,
        features.recovered,
        bit_or(case when features.grouping_name = 'own' then conditions.own_bits else 0 end) as own_bits,
        bit_or(case when features.grouping_name = 'ga4' then conditions.ga4_bits else 0 end) as ga4_bits
    from features
    inner join conditions on conditions.dimension = features.dimension and conditions.feature = features.feature
    group by features.dimension, features.given, features.recovered
),

tag_meanings as (
    select
        judged_values.dimension,
        judged_values.given,
        judged_values.recovered,
        nullif(judged_values.own_name, '') as own_name,
        judged_values.platform,
        judged_values.own_kind,
        judged_values.ga4_kind,
        judged_values.state,
        free_bits.own_bits | coalesce(feature_bits.own_bits, 0) as own_bits,
        free_bits.ga4_bits | coalesce(feature_bits.ga4_bits, 0) as ga4_bits
    from judged_values
    inner join free_bits on free_bits.dimension = judged_values.dimension
    left join feature_bits
        on feature_bits.dimension = judged_values.dimension
        and feature_bits.given = judged_values.given
        and feature_bits.recovered = judged_values.recovered
),


-- ---- referrers: as Google Analytics would have it, the site is the source and the medium says what kind of visit it is ----------------

sites_of_referrers as (
    select
        referrers.referrer_page,
        referrers.host,
        coalesce(known_pages.source, known_sites.source) as platform,
        case
            when known_pages.referrer_page is not null then known_pages.kind
            else coalesce(known_sites.kind, 'unknown')
        end as own_kind,
        case when known_pages.referrer_page is not null then known_pages.ga4_kind else known_sites.ga4_kind end as ga4_kind
    from referrers
    left join known_pages on known_pages.referrer_page = referrers.referrer_page
    left join known_sites on known_sites.name = referrers.host
    where referrers.host is not null
),

referrer_mediums as (
    select
        *,
        case
            when ga4_kind = 'search' then 'organic'
            when own_kind = 'ai' then 'ai-assistant'
            else 'referral'
        end as medium
    from sites_of_referrers
),

referrer_meanings as (
    select
        referrer_mediums.*,
        referrer_free.own_bits | coalesce(own_referrer.own_bits, 0) as own_bits,
        source_free.own_bits | coalesce(own_source.own_bits, 0) as source_bits,
        (source_free.ga4_bits | coalesce(ga4_source.ga4_bits, 0))
        & medium_meaning.ga4_bits & campaign_meaning.ga4_bits as ga4_bits
    from referrer_mediums
    inner join free_bits as referrer_free on referrer_free.dimension = 'referrer'
    inner join free_bits as source_free on source_free.dimension = 'source'
    inner join tag_meanings as medium_meaning
        on medium_meaning.dimension = 'medium'
        and medium_meaning.given = referrer_mediums.medium
        and medium_meaning.recovered = ''
    inner join tag_meanings as campaign_meaning
        on campaign_meaning.dimension = 'campaign'
        and campaign_meaning.given = '(not set)'
        and campaign_meaning.recovered = ''
    left join conditions as own_referrer
        on own_referrer.dimension = 'referrer' and own_referrer.feature = 'kind:' || referrer_mediums.own_kind
    left join conditions as own_source
        on own_source.dimension = 'source' and own_source.feature = 'kind:' || referrer_mediums.own_kind
    left join conditions as ga4_source
        on ga4_source.dimension = 'source' and ga4_source.feature = 'kind:' || referrer_mediums.ga4_kind
)

select
    dimension,
    given,
    recovered,
    own_name,
    platform,
    own_kind,
    state,
    own_bits,
    ga4_bits,
    cast(null as bigint) as source_bits
from tag_meanings
union all
select
    'referrer' as dimension,
    referrer_page as given,
    '' as recovered,
    host as own_name,
    platform,
    own_kind,
    cast(null as varchar) as state,
    own_bits,
    ga4_bits,
    source_bits
from referrer_meanings
