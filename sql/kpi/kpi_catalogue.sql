/*
description: One row a KPI as kpis.yml defines it.
grain: [kpi]
materialise: table
owner: data-engineering
columns:
  kpi: {unit: id, description: The KPI's name.}
  tier: {unit: text, description: "Rung of the ladder: attention, funnel or business; trust and operations stand beside it."}
  phase: {unit: text, description: "Place on the hourglass: awareness, intention, activation, conversion, relation, review or share."}
  title_en: {unit: text, description: Title in English.}
  title_nb: {unit: text, description: Title in Norwegian bokmål.}
  title_sv: {unit: text, description: Title in Swedish.}
  formula: {unit: text, description: How it is reckoned.}
  unit: {unit: text, description: "Unit of its value: percent is 18 for 18 percent, money is in the reporting currency."}
  better: {unit: text, description: "Whether up or down is better, or none."}
  cadence: {unit: text, description: How often its owner decides on it.}
  owner: {unit: text, description: Who decides on it where no plan says otherwise.}
  is_additive: {unit: flag, description: "Whether it may be rolled up over days and members; false for unique counts, which are shown as delivered."}
  consent_part: {unit: text, description: "Whose consented share kpi.kpi_values tells: that of what the KPI is divided by (denominator), else that of what it counts (numerator); NULL where neither comes from visitors."}
  position: {unit: number, sum: never, description: Place in kpis.yml.}
*/
with

kpis as (
    select * from config.kpis
)

select
    kpi,
    tier,
    phase,
    title_en,
    title_nb,
    title_sv,
    formula,
    unit,
    better,
    cadence,
    owner,
    is_additive,
    consent_part,
    position
from kpis
