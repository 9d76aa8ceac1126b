/*
description: "One row a post with what it is sorted by; unlike core.fct_posts it changes only when a label does."
grain: [platform, post_id, is_paid]
materialise: table
owner: data-engineering
columns:
  platform: {unit: text, description: The platform.}
  post_id: {unit: id, description: The post.}
  is_paid: {unit: flag, description: Whether it is the paid delivery of the post.}
  account: {unit: text, description: The account.}
  series: {unit: text, description: Its series.}
  format: {unit: text, description: Its format.}
  hook: {unit: text, description: Its opening.}
  distribution: {unit: text, description: "How it is spread: organic, paid or assisted."}
  published_date: {unit: date, description: Local day of publishing.}
*/
with

posts as (
    select * from core.fct_posts
)

select
    platform,
    post_id,
    is_paid,
    account,
    series,
    format,
    hook,
    distribution,
    published_date
from posts
