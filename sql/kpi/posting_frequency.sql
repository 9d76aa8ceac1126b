/*
description: >-
  One row an account and a number of posts a week: how many weeks had that many, what they brought, and what each post more brought over the
  next lower number. elasticity says by how many percent interactions per post change with one percent more posts, over all of the
  account's weeks; below 0, each extra post is worth less. Weeks whose posts are still young are left out.
grain: [platform, account, posts_per_week]
materialise: table
owner: data-engineering
columns:
  platform: {unit: text, description: The platform.}
  account: {unit: text, description: "The account, empty where no export names it."}
  posts_per_week: {unit: count, sum: never, description: Posts published in the week.}
  weeks: {unit: count, sum: always, description: Weeks with so many posts.}
  posts: {unit: count, sum: always, description: Posts of those weeks whose interactions are known.}
  interactions: {unit: count, sum: always, description: Their interactions since publishing.}
  interactions_per_week: {unit: number, sum: never, description: Interactions a week.}
  interactions_per_post: {unit: number, sum: never, description: Interactions a post.}
  previous_posts_per_week: {unit: count, sum: never, description: "The next lower number of posts that a week had, NULL for the lowest."}
  interactions_per_extra_post: {unit: number, sum: never, description: What each post more than that brought a week.}
  elasticity: {unit: number, sum: never, description: "Slope of log interactions per post on log posts, by weeks; NULL below 8 weeks or with one number of posts."}
  elasticity_lower: {unit: number, sum: never, description: Lower end of its interval.}
  elasticity_upper: {unit: number, sum: never, description: Upper end of its interval.}
  is_diminishing: {unit: flag, description: "Whether each extra post is worth less, beyond chance."}
*/
with

posts as (
    select * from core.fct_posts
),

creative as (
    select * from config.creative
),

run as (
    select * from config.run
),

weeks as (
    select
        posts.platform,
        posts.account,
        cast(date_trunc('week', posts.published_date) as date) as week_start_date,
        count(*) as posts_per_week,
        count(posts.interactions) as posts,
        sum(posts.interactions) as interactions
    from posts
    cross join creative
    cross join run
    where
        not posts.is_paid
        and posts.published_date is not null
        and date_diff('day', cast(date_trunc('week', posts.published_date) as date), run.run_date) >= 7 + creative.settle_days
    group by posts.platform, posts.account, cast(date_trunc('week', posts.published_date) as date)
    having count(posts.interactions) > 0
),

-- To six places, so that sums do not depend on the order.
logs as (
    select
        platform,
        account,
        cast(round(ln(cast(posts_per_week as double)), 6) as decimal(18, 6)) as x,
        cast(round(ln(cast(interactions as double) / posts), 6) as decimal(18, 6)) as y
    from weeks
    where interactions > 0
),

moments as (
    select
        platform,
        account,
        cast(count(*) as double) as n,
        cast(count(*) * sum(x * x) - sum(x) * sum(x) as double) as sxx,
        cast(count(*) * sum(x * y) - sum(x) * sum(y) as double) as sxy,
        cast(count(*) * sum(y * y) - sum(y) * sum(y) as double) as syy
    from logs
    group by platform, account
),

slopes as (
    select
        moments.platform,
        moments.account,
        moments.sxy / moments.sxx as slope,
        creative.standard_errors
        * sqrt(greatest(moments.syy - moments.sxy * moments.sxy / moments.sxx, 0) / (moments.n - 2) / moments.sxx) as half_width
    from moments
    cross join creative
    where moments.n >= 8 and moments.sxx > 0
),

levels as (
    select
        platform,
        account,
        posts_per_week,
        count(*) as weeks,
        sum(posts) as posts,
        sum(interactions) as interactions,
        cast(sum(interactions) as double) / count(*) as interactions_per_week
    from weeks
    group by platform, account, posts_per_week
),

steps as (
    select
        *,
        lag(posts_per_week) over account_levels as previous_posts_per_week,
        lag(interactions_per_week) over account_levels as previous_interactions_per_week
    from levels
    window account_levels as (partition by platform, account order by posts_per_week)
)

select
    steps.platform,
    steps.account,
    steps.posts_per_week,
    steps.weeks,
    cast(steps.posts as bigint) as posts,
    cast(steps.interactions as bigint) as interactions,
    cast(round(steps.interactions_per_week, 6) as decimal(18, 6)) as interactions_per_week,
    cast(round(cast(steps.interactions as double) / steps.posts, 6) as decimal(18, 6)) as interactions_per_post,
    steps.previous_posts_per_week,
    cast(round(
        (steps.interactions_per_week - steps.previous_interactions_per_week)
        / (steps.posts_per_week - steps.previous_posts_per_week),
        6
    ) as decimal(18, 6)) as interactions_per_extra_post,
    cast(round(slopes.slope, 6) as decimal(18, 6)) as elasticity,
    cast(round(slopes.slope - slopes.half_width, 6) as decimal(18, 6)) as elasticity_lower,
    cast(round(slopes.slope + slopes.half_width, 6) as decimal(18, 6)) as elasticity_upper,
    coalesce(slopes.slope + slopes.half_width < 0, false) as is_diminishing
from steps
left join slopes on slopes.platform = steps.platform and slopes.account = steps.account
