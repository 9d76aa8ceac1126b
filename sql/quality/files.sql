/*
description: "One row a file, or member of an archive, that a run has seen in the inbox, and what became of it. rows_read = rows_loaded + rows_totals + rows_quarantined."
grain: [file_path, file_sha256]
materialise: table
owner: data-engineering
columns:
  file_path: {unit: text, description: "Path under the inbox, with / between folders and ! before the member of an archive."}
  file_sha256: {unit: id, description: SHA-256 of the content's bytes.}
  bytes: {unit: count, sum: always, description: Size of the content.}
  source: {unit: text, description: The family of sources that it was taken for.}
  platform: {unit: text, description: "The platform it comes from, NULL for generic inputs."}
  export_kind: {unit: text, description: The export that it was recognised as.}
  locale: {unit: text, description: Language of its headers and form of its numbers.}
  encoding: {unit: text, description: Text encoding found from its bytes.}
  delimiter: {unit: text, description: Delimiter found from its content.}
  account: {unit: text, description: "The account it belongs to, by the file or its sidecar."}
  period_from_date: {unit: date, description: First day that it describes.}
  period_to_date: {unit: date, description: Last day that it describes.}
  downloaded_at: {unit: timestamp, description: When it was downloaded (UTC) as far as sidecar or name or content tell.}
  rows_read: {unit: count, sum: always, description: Records in the file.}
  rows_loaded: {unit: count, sum: always, description: Records that went into a raw table.}
  rows_totals: {unit: count, sum: always, description: "Records that are totals of others, counted and left out."}
  rows_quarantined: {unit: count, sum: always, description: "Records that were set aside, each with its reason."}
  rows_erased: {unit: count, sum: always, description: "Records of people who were erased (hourglass erase): left out, and in none of the other counts."}
  status: {unit: text, description: "loaded, duplicate, partly_loaded or quarantined."}
  reason: {unit: text, description: Why it was not loaded or not in full.}
  notes: {unit: text, description: "What a reader of its numbers should know; a total that is not the sum of its rows is said with both numbers, after 'warning:'."}
  loaded_at: {unit: timestamp, description: When the run took it in (UTC).}
*/
with

files as (
    select * from raw.files
)

select
    file_path,
    file_id as file_sha256,
    bytes,
    source,
    platform,
    export_kind,
    locale,
    encoding,
    delimiter,
    account,
    period_from_date,
    period_to_date,
    downloaded_at,
    rows_read,
    rows_loaded,
    rows_totals,
    rows_quarantined,
    coalesce(rows_erased, 0) as rows_erased,
    status,
    reason,
    notes,
    loaded_at
from files
