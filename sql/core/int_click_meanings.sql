/*
description: "One row a click id of config/channels.yml: what it proves, and which alternatives of the channel rules a link with it fits (bits, see config/channels.py)."
grain: [name]
materialise: table
owner: data-engineering
columns:
  name: {unit: text, description: "The parameter's name, in lower case."}
  source: {unit: text, description: The source that it proves.}
  kind: {unit: text, description: "What it proves: paid_google, paid_search, paid_social, paid_display, paid_other, affiliate, email, social, organic_shopping or organic_search."}
  own_bits: {unit: number, sum: never, description: Alternatives of our own rules that the click id itself fits.}
  source_bits: {unit: number, sum: never, description: Alternatives of our own rules that its source fits.}
  medium_bits: {unit: number, sum: never, description: "Alternatives of our own rules that its medium fits; NULL where it says nothing of the medium."}
  ga4_bits: {unit: number, sum: never, description: "Alternatives of Google's rules that its source and medium fit; NULL where Google Analytics does not read it."}
*/
with

meanings as (
    select * from core.int_value_meanings
),

click_ids as (
    select * from config.click_ids
),

conditions as (
    select * from config.channel_conditions
),

free_bits as (
    select * from config.channel_free
)

select
    click_ids.name,
    click_ids.source,
    click_ids.kind,
    free_bits.own_bits | coalesce(of_name.own_bits, 0) | coalesce(of_kind.own_bits, 0) as own_bits,
    source_meaning.own_bits as source_bits,
    medium_meaning.own_bits as medium_bits,
    ga4_source.ga4_bits & ga4_medium.ga4_bits & no_campaign.ga4_bits as ga4_bits
from click_ids
inner join meanings as no_campaign
    on no_campaign.dimension = 'campaign' and no_campaign.given = '(not set)' and no_campaign.recovered = ''
inner join free_bits on free_bits.dimension = 'click'
left join conditions as of_name on of_name.dimension = 'click' and of_name.feature = 'name:' || click_ids.name
left join conditions as of_kind on of_kind.dimension = 'click' and of_kind.feature = 'kind:' || click_ids.kind
left join meanings as source_meaning
    on source_meaning.dimension = 'source'
    and source_meaning.given = click_ids.source
    and source_meaning.recovered = ''
left join meanings as medium_meaning
    on medium_meaning.dimension = 'medium'
    and medium_meaning.given = click_ids.medium
    and medium_meaning.recovered = ''
left join meanings as ga4_source
    on ga4_source.dimension = 'source'
    and ga4_source.given = click_ids.ga4_source
    and ga4_source.recovered = ''
left join meanings as ga4_medium
    on ga4_medium.dimension = 'medium'
    and ga4_medium.given = click_ids.ga4_medium
    and ga4_medium.recovered = ''
