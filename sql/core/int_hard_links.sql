/*
description: "One row a link that needs the slow, exact reading: bytes that are no UTF-8, encoded keys, or tags that only a mended link shows. utm_* is the strict value (WHATWG URL), recovered_* what else can be read, reading_faults why. Links that are not here read the same by the short way in core.int_link_tags."
grain: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
materialise: incremental
unit: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
restrict:
  core.int_links: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
changed:
  core.int_links: select link, given_source, given_medium, given_campaign, given_content, given_term, given_id from changed
owner: data-engineering
columns:
  link: {unit: url, description: "What of the landing address tells tags, host and path: the address up to the first parameter that is no tag, or all of it where a tag may follow."}
  given_source: {unit: text, description: "utm_source as the tracking itself read it, empty where it did not."}
  given_medium: {unit: text, description: "utm_medium as the tracking itself read it, empty where it did not."}
  given_campaign: {unit: text, description: "utm_campaign as the tracking itself read it, empty where it did not."}
  given_content: {unit: text, description: "utm_content as the tracking itself read it, empty where it did not."}
  given_term: {unit: text, description: "utm_term as the tracking itself read it, empty where it did not."}
  given_id: {unit: text, description: "utm_id as the tracking itself read it, empty where it did not."}
  utm_source: {unit: text, description: Strict value.}
  utm_medium: {unit: text, description: Strict value.}
  utm_campaign: {unit: text, description: Strict value.}
  utm_content: {unit: text, description: Strict value.}
  utm_term: {unit: text, description: Strict value.}
  utm_id: {unit: text, description: Strict value.}
  recovered_source: {unit: text, description: "What can be read where it differs from the strict value, else NULL."}
  recovered_medium: {unit: text, description: "What can be read where it differs from the strict value, else NULL."}
  recovered_campaign: {unit: text, description: "What can be read where it differs from the strict value, else NULL."}
  recovered_content: {unit: text, description: "What can be read where it differs from the strict value, else NULL."}
  recovered_term: {unit: text, description: "What can be read where it differs from the strict value, else NULL."}
  recovered_id: {unit: text, description: "What can be read where it differs from the strict value, else NULL."}
  reading_faults: {unit: text, description: "Why the link does not read strictly, faults parted by a comma and a blank; NULL where it does."}
  is_unreadable: {unit: flag, description: "Whether some tag has no meaning that could be recovered: an unexpanded macro, or bytes in no known encoding."}
*/
with

links as (
    select * from core.int_links
),

-- Whether the bytes of the whole address are UTF-8, and so those of each of its parts. Asked once: a failed decoding is dear.
checked as (
    select
        *,
        case when contains(link, '%') then try(url_decode(link)) is not null else true end as is_utf8
    from links
),

-- A superset of the links that need it: a link too many costs time, never a value. Gathered first, since the work below has a price a
-- batch of rows, and a batch of nearly all rows that don't need it would pay it for a handful.
hard as materialized (
    select *
    from checked
    where
        (
            contains(lower(link), 'utm')
            and regexp_matches(
                link,
                '(?s)#.*[uU][tT][mM]|;[ ]*[uU][tT][mM]|&[aA][mM][pP];|\?.*\?|U[tT][mM]|u(?:T[mM]|tM)|[uU][tT][mM]_[a-z]*[A-Z]'
                || '|[{}\x00-\x1F\x7F\x{0300}-\x{036F}\x{A0}]|__[A-Z]'
            )
        )
        or (
            contains(link, '%')
            and (
                regexp_matches(
                    link,
                    '[?&;#][^=&]*%|%25|%[cC][cC]%8|%[cC]2%[aA]0|%[01][0-9A-Fa-f]|%7[bBdDfF]'
                )
                or not is_utf8
            )
        )
        or regexp_matches(
            concat_ws('', given_source, given_medium, given_campaign, given_content, given_term, given_id),
            '%[0-9A-Fa-f]{2}|[{}\x00-\x1F\x7F\x{0300}-\x{036F}\x{A0}\x{FFFD}]|__[A-Z]'
        )
),

parts as (
    select
        *,
        case
            when contains(split_part(link, '#', 1), '?')
                then substr(split_part(link, '#', 1), strpos(link, '?') + 1)
            else ''
        end as query,
        substr(link, strpos(link, '#')) as with_fragment,
        contains(link, '#') as has_fragment
    from hard
),

-- The loose text: what people break in a link is put right, one kind of damage at a time. A tag inside an embedded address is never
-- read: a pair that holds a slash before its question mark is left alone.
loose as (
    select
        *,
        regexp_replace(query, '&amp;', '&', 'gi') as unescaped,
        case when has_fragment then regexp_replace(with_fragment, '&amp;', '&', 'gi') else '' end as fragment
    from parts
),

mended as (
    select
        *,
        regexp_replace(
            regexp_replace(
                regexp_replace(unescaped || fragment, ';[ ]*(utm_)', '&\1', 'gi'),
                '(^|&)([^&/?#]*)\?(utm_)', '\1\2&\3', 'gi'
            ),
            '#(?:[^&=#?:]*\?)?', '&', 'g'
        ) as mended_query
    from loose
),

-- Keys are decoded once; an encoded '=' inside a key stays encoded, or it would part the pair at the wrong place.
pairs as (
    select
        *,
        list_transform(
            string_split(query, '&'),
            lambda pair: case
                when contains(split_part(pair, '=', 1), '%') or contains(split_part(pair, '=', 1), '+')
                    then replace(
                        coalesce(
                            try(url_decode(replace(split_part(pair, '=', 1), '+', ' '))),
                            split_part(pair, '=', 1)
                        ),
                        '=', '%3D'
                    ) || substr(pair, strpos(pair || '=', '='))
                else pair
            end
        ) as strict_pairs,
        list_transform(
            string_split(mended_query, '&'),
            lambda pair: trim(
                replace(
                    coalesce(try(url_decode(replace(split_part(pair, '=', 1), '+', ' '))), split_part(pair, '=', 1)),
                    '=', '%3D'
                )
            ) || substr(pair, strpos(pair || '=', '='))
        ) as loose_pairs
    from mended
),

keys as (
    select
        *,
        ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'utm_id'] as names,
        list_transform(strict_pairs, lambda pair: split_part(pair, '=', 1)) as strict_keys,
        list_transform(loose_pairs, lambda pair: split_part(pair, '=', 1)) as loose_keys,
        list_transform(loose_pairs, lambda pair: lower(split_part(pair, '=', 1))) as lower_keys,
        [
            nullif(given_source, ''), nullif(given_medium, ''), nullif(given_campaign, ''),
            nullif(given_content, ''), nullif(given_term, ''), nullif(given_id, '')
        ] as delivered
    from pairs
),

encoded as (
    select
        *,
        list_transform(
            names,
            lambda name: substr(strict_pairs[list_position(strict_keys, name)], length(name) + 2)
        ) as strict_encoded,
        list_transform(
            names,
            lambda name: coalesce(
                nullif(substr(loose_pairs[list_position(loose_keys, name)], length(name) + 2), ''),
                nullif(substr(loose_pairs[list_position(lower_keys, name)], length(name) + 2), '')
            )
        ) as loose_encoded
    from keys
),

-- A run of bytes is parted as UTF-8 is: whole characters, else the longest start of one (one U+FFFD each, as WHATWG and Unicode say).
decoded as (
    select
        *,
        list_transform(
            strict_encoded,
            lambda value: case
                when value is null or not (contains(value, '%') or contains(value, '+')) then nullif(value, '')
                when is_utf8 then url_decode(replace(value, '+', ' '))
                else
                    array_to_string(
                        list_transform(
                            regexp_extract_all(
                                replace(value, '+', ' '),
                                '%[0-7][0-9A-Fa-f]'
                                || '|%(?:[Cc][2-9A-Fa-f]|[Dd][0-9A-Fa-f])%[89ABab][0-9A-Fa-f]'
                                || '|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]'
                                || '|%[Ee][1-9A-Ca-cEeFf](?:%[89ABab][0-9A-Fa-f]){2}'
                                || '|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]'
                                || '|%[Ff]0%[9ABab][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){2}'
                                || '|%[Ff][1-3](?:%[89ABab][0-9A-Fa-f]){3}'
                                || '|%[Ff]4%8[0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){2}'
                                || '|%[Ff]0%[9ABab][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f])?'
                                || '|%[Ff][1-3](?:%[89ABab][0-9A-Fa-f]){1,2}'
                                || '|%[Ff]4%8[0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f])?'
                                || '|%[Ee]0%[ABab][0-9A-Fa-f]'
                                || '|%[Ee][1-9A-Ca-cEeFf]%[89ABab][0-9A-Fa-f]'
                                || '|%[Ee][Dd]%[89][0-9A-Fa-f]'
                                || '|%[0-9A-Fa-f]{2}|[^%]+|%'
                            ),
                            lambda token: case
                                when regexp_full_match(
                                    token,
                                    '%[89A-Fa-f][0-9A-Fa-f]|%[EFef][0-9A-Fa-f]%[0-9A-Fa-f]{2}|%[Ff][0-9A-Fa-f](?:%[0-9A-Fa-f]{2}){2}'
                                ) then chr(65533)
                                else url_decode(token)
                            end
                        ),
                        ''
                    )
            end
        ) as strict_from_link,
        -- Bytes that are no UTF-8 are read as Latin-1 where each of them is a Nordic letter there: æ, ø, å, ä, ö, é, ü.
        list_transform(
            loose_encoded,
            lambda value: case
                when value is null or not (contains(value, '%') or contains(value, '+')) then value
                when is_utf8 then url_decode(replace(value, '+', ' '))
                else
                    array_to_string(
                        list_transform(
                            regexp_extract_all(
                                replace(value, '+', ' '),
                                '%[0-7][0-9A-Fa-f]|%[CDcd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[0-9A-Fa-f]{2}|[^%]+|%'
                            ),
                            lambda token: case
                                when regexp_full_match(token, '%(?:[CcEe][4569]|[DdFf][68Cc])')
                                    then url_decode(
                                        '%C3%' || translate(lower(substr(token, 2, 1)), 'cdef', '89ab') || substr(token, 3, 1)
                                    )
                                when regexp_full_match(token, '%[89A-Fa-f][0-9A-Fa-f]|%[Cc][01]%[0-9A-Fa-f]{2}') then chr(65533)
                                else url_decode(token)
                            end
                        ),
                        ''
                    )
            end
        ) as loose_from_link
    from encoded
),

strict as (
    select
        *,
        list_transform([1, 2, 3, 4, 5, 6], lambda place: coalesce(loose_from_link[place], delivered[place])) as once,
        list_transform(
            [1, 2, 3, 4, 5, 6],
            lambda place: coalesce(
                strict_from_link[place],
                case when loose_from_link[place] is null then delivered[place] end
            )
        ) as strict_values
    from decoded
),

again as (
    select
        *,
        list_transform(
            once,
            lambda value: case
                when regexp_matches(value, '%[0-9A-Fa-f]{2}') then coalesce(try(url_decode(replace(value, '+', ' '))), value)
                else value
            end
        ) as twice
    from strict
),

decoded_fully as (
    select
        *,
        list_transform(
            twice,
            lambda value: case
                when regexp_matches(value, '%[0-9A-Fa-f]{2}') then coalesce(try(url_decode(replace(value, '+', ' '))), value)
                else value
            end
        ) as thrice
    from again
),

composed as (
    select
        *,
        list_transform(
            thrice,
            lambda value: case
                when regexp_matches(value, '[\x{0300}-\x{036F}]')
                    then replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(value,
                        'a' || chr(778), 'å'), 'A' || chr(778), 'Å'), 'a' || chr(776), 'ä'), 'A' || chr(776), 'Ä'),
                        'o' || chr(776), 'ö'), 'O' || chr(776), 'Ö'), 'u' || chr(776), 'ü'), 'U' || chr(776), 'Ü'),
                        'e' || chr(769), 'é'), 'E' || chr(769), 'É')
                else value
            end
        ) as letters
    from decoded_fully
),

clean as (
    select
        *,
        list_transform(
            letters,
            lambda value: nullif(trim(regexp_replace(replace(value, chr(160), ' '), '[\x00-\x1F\x7F]+', '', 'g')), '')
        ) as readable
    from composed
),

-- What has no meaning is not recovered: a macro that the platform never filled in, bytes in no known encoding. Outer blanks are nothing to
-- recover: they are a matter of spelling, in these links as in all others.
judged as (
    select
        *,
        list_transform(
            [1, 2, 3, 4, 5, 6],
            lambda place: case
                when regexp_matches(
                    readable[place], '\{\{|\}\}|\{[A-Za-z_.:]+\}|__[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*__|\x{FFFD}'
                ) then null
                when readable[place] is distinct from nullif(trim(strict_values[place]), '') then readable[place]
            end
        ) as recovered
    from clean
),

-- Each fault is named where it made a difference.
flags as (
    select
        *,
        list_transform(strict_encoded, lambda value: nullif(value, '')) is distinct from loose_encoded as is_damaged,
        list_contains(
            list_transform(
                names,
                lambda name: list_position(loose_keys, name) is null and list_position(lower_keys, name) is not null
            ),
            true
        ) as has_upper_case_key,
        coalesce(array_to_string(list_filter(strict_values, lambda value: value is not null), ' '), '') as all_strict,
        coalesce(array_to_string(list_filter(letters, lambda value: value is not null), ' '), '') as all_letters
    from judged
),

faults as (
    select
        *,
        [
            case when has_upper_case_key then 'upper_case_key' end,
            case when is_damaged and regexp_matches(query || fragment, '(?i)&amp;') then 'html_entity' end,
            case when is_damaged and regexp_matches(unescaped || fragment, '(?i);[ ]*utm_') then 'semicolon' end,
            case
                when is_damaged and regexp_matches(unescaped, '(?i)(^|&)[^&/?#]*\?utm_') then 'second_question_mark'
            end,
            case when is_damaged and regexp_matches(fragment, '(?i)[#?&]utm_') then 'after_fragment' end,
            case when contains(all_strict, chr(65533)) and not contains(all_letters, chr(65533)) then 'latin1' end,
            case when contains(all_letters, chr(65533)) then 'invalid_utf8' end,
            case when twice is distinct from once then 'double_encoded' end,
            case when letters is distinct from thrice then 'decomposed_letters' end,
            case when regexp_matches(all_letters, '[\x00-\x1F\x7F]') then 'control_character' end,
            case when contains(all_letters, chr(160)) then 'no_break_space' end,
            case
                when regexp_matches(all_letters, '\{\{|\}\}|\{[A-Za-z_.:]+\}|__[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*__')
                    then 'unexpanded_macro'
            end
        ] as named_faults
    from flags
)

select
    link,
    given_source,
    given_medium,
    given_campaign,
    given_content,
    given_term,
    given_id,
    strict_values[1] as utm_source,
    strict_values[2] as utm_medium,
    strict_values[3] as utm_campaign,
    strict_values[4] as utm_content,
    strict_values[5] as utm_term,
    strict_values[6] as utm_id,
    recovered[1] as recovered_source,
    recovered[2] as recovered_medium,
    recovered[3] as recovered_campaign,
    recovered[4] as recovered_content,
    recovered[5] as recovered_term,
    recovered[6] as recovered_id,
    coalesce(
        nullif(array_to_string(list_filter(named_faults, lambda fault: fault is not null), ', '), ''),
        case when is_damaged then 'damaged_link' end
    ) as reading_faults,
    list_contains(named_faults, 'unexpanded_macro') or list_contains(named_faults, 'invalid_utf8') as is_unreadable
from faults
