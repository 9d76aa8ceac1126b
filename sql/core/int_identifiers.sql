/*
description: "One row an identifier of somebody (visitor, email, customer, user) and the person behind it: everything that links of core.int_identity_links lead to from it. Only what something identifies is here; whoever is not is a person alone."
grain: [kind, identifier]
materialise: table
owner: data-engineering
columns:
  kind: {unit: text, description: "visitor, email, customer or user."}
  identifier: {unit: id, description: "The visitor's, customer's or user's id, or the keyed hash of the address."}
  person_id: {unit: id, description: "The person: the smallest visitor_id of all that belong to it."}
*/
with recursive

links as (
    select * from core.int_identity_links
),

identifiers as (
    select from_kind as kind, from_id as identifier from links
    union
    select to_kind as kind, to_id as identifier from links
),

-- Visitors first: then the smallest number in a group is a visitor's wherever there is one.
numbered as (
    select
        kind,
        identifier,
        row_number() over (
            order by
                case when kind = 'visitor' then 0 else 1 end,
                identifier,
                kind
        ) as node
    from identifiers
),

ways as (
    select
        from_nodes.node,
        to_nodes.node as other
    from links
    inner join numbered as from_nodes on from_nodes.kind = links.from_kind and from_nodes.identifier = links.from_id
    inner join numbered as to_nodes on to_nodes.kind = links.to_kind and to_nodes.identifier = links.to_id
),

edges as (
    select node, other from ways
    union all
    select other as node, node as other from ways
),

-- Every node carries the smallest number that it knows of. In a round it hears its neighbours' numbers, tells them to the node whose number
-- it carries, and takes over what that one carries. Numbers only fall, so it ends, and the way from end to end halves at least: a chain of
-- a hundred thousand is done in seventeen rounds.
rounds (node, label, is_settled) as (
    select
        node,
        node as label,
        false as is_settled
    from numbered
    union all
    (
        with

        unsettled as (
            select node, label from rounds where not is_settled
        ),

        offers as (
            select node, label from unsettled
            union all
            select edges.node, theirs.label
            from edges
            inner join unsettled as theirs on theirs.node = edges.other
            union all
            select ours.label as node, theirs.label
            from edges
            inner join unsettled as ours on ours.node = edges.node
            inner join unsettled as theirs on theirs.node = edges.other
        ),

        taken as (
            select node, min(label) as label from offers group by node
        ),

        shortened as (
            select
                taken.node,
                least(taken.label, above.label) as label
            from taken
            inner join taken as above on above.node = taken.label
        )

        select
            shortened.node,
            shortened.label,
            bool_and(shortened.label = unsettled.label) over () as is_settled
        from shortened
        inner join unsettled on unsettled.node = shortened.node
    )
)

select
    numbered.kind,
    numbered.identifier,
    person.identifier as person_id
from rounds
inner join numbered on numbered.node = rounds.node
inner join numbered as person on person.node = rounds.label and person.kind = 'visitor'
where rounds.is_settled
