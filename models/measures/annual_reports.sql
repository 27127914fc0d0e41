-- annual_reports: the yearly report's own figures (封面, 表1基本情况).
-- Clause: 国科办督〔2023〕90号 任务一、二、六, 要求三.
-- One row a society. A field answered 不适用 or 未统计 gives a row without figures that says so.
--   1.4 tasks done ÷ planned, at least 3 planned     6.5 council members aged 45 or less ÷ council
--   2.4 members pledged ÷ members due                7.4 report, norms, notices made public ÷ 3
-- Reads: annual_reports_rows; parameters, counted_items (from the methodology).
-- Columns: as in documents.sql; label is the society's name as filed.
with figures as (
    select r.*, '1.4' as indicator, 'integrity_done_n' as top, 'integrity_planned_n' as bottom,
           cast(integrity_done_n as double) as numerator,
           case
               when integrity_planned_n is null then null
               when integrity_planned_n < p.planned_minimum then cast(p.planned_minimum as double)
               else cast(integrity_planned_n as double)
           end as denominator
    from annual_reports_rows r
    cross join parameters p
    union all
    select r.*, '2.4', 'pledged_n', 'members_due', cast(pledged_n as double), cast(members_due as double)
    from annual_reports_rows r
    union all
    select r.*, '6.5', 'council_45_n', 'council_n', cast(council_45_n as double), cast(council_n as double)
    from annual_reports_rows r
),
answered as (
    select society_id, indicator, row_id, grade, evidence_weight, is_pending, name,
           case when denominator is not null then numerator end as numerator,
           case when numerator is not null then denominator end as denominator,
           case
               when numerator is not null and denominator is not null then null
               when coalesce(list_contains(not_counted_fields, top), false)
                 or coalesce(list_contains(not_counted_fields, bottom), false) then 'not_counted'
               when coalesce(list_contains(not_applicable_fields, top), false)
                 or coalesce(list_contains(not_applicable_fields, bottom), false) then 'not_applicable'
           end as answer
    from figures
)
select society_id, indicator, row_id, numerator, denominator, grade, evidence_weight, is_pending, answer,
       name as label
from answered
union all
select r.society_id, '7.4', r.row_id, cast(count(i.item) as double), cast(null as double), r.grade,
       r.evidence_weight, r.is_pending, cast(null as varchar), r.name
from annual_reports_rows r
left join counted_items i on i.indicator = '7.4' and list_contains(r.disclosed, i.item)
-- Nothing stated is not reported; it is not the same as nothing made public.
where r.disclosed is not null
group by r.society_id, r.row_id, r.grade, r.evidence_weight, r.is_pending, r.name
