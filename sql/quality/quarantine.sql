/*
description: "One row a record that was set aside instead of loaded, with the reason; a whole file that waits has one row without a line number."
grain: [file_path, line_number, reason, raw_text]
materialise: table
owner: data-engineering
columns:
  file_path: {unit: text, description: "Path under the inbox, with / between folders and ! before the member of an archive."}
  line_number: {unit: number, sum: never, description: "Line of the file, counted from 1; NULL when the whole file waits."}
  reason: {unit: text, description: What is wrong and what would mend it.}
  raw_text: {unit: text, description: "The record as it stands, with e-mail addresses masked."}
*/
with

quarantine as (
    select * from raw.quarantine
)

select
    file_path,
    line_number,
    reason,
    raw_text
from quarantine
