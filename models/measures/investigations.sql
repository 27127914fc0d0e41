-- investigations: commissioned inquiries and members' tips, as the society files them (表4学术调查).
-- Clause: 国科办督〔2023〕90号 任务三. Deadlines: rule pack of 国科发监〔2022〕221号.
-- Cases of the commissioner's own register give signals, never figures (signals.sql).
--   3.2 closed in time ÷ due                3.4 recusal declared and interests checked ÷ all accepted
--   3.3 panels that comply ÷ all accepted   3.5 members' tips concluded or passed on ÷ accepted
-- 3.2–3.4 count commissioned cases only; one accepted without a panel complies with neither 3.3 nor 3.4.
-- Due: accepted + 6 months + extension (at most the cap) falls within the year, or the case closed earlier.
-- Reads: investigations_rows; parameters (from the methodology).
-- Columns: as in documents.sql; label is the case number, nothing else of the case.
with cases as (
    select i.*,
           cast(
               i.accepted_on + interval '1' month * cast(
                   p.investigation_months
                   + case
                         when coalesce(i.extension_months, 0) > p.extension_cap_months then p.extension_cap_months
                         else coalesce(i.extension_months, 0)
                     end
                   as integer
               ) as date
           ) as due_on,
           p.starts_on, p.ends_on, p.panel_minimum, p.peer_minimum
    from investigations_rows i
    cross join parameters p
    where i.recorded_by = 'society'
)
select society_id, '3.2' as indicator, row_id,
       case when closed_on <= due_on then 1.0 else 0.0 end as numerator, cast(1 as double) as denominator,
       grade, evidence_weight, is_pending, cast(null as varchar) as answer,
       case_id as label
from cases
where source = 'commissioned'
  and accepted_on is not null
  and (due_on <= ends_on or closed_on <= ends_on)
  -- A case closed before the year opened belongs to the year in which it closed.
  and coalesce(closed_on, ends_on) >= starts_on
union all
select society_id, '3.3', row_id,
       case when panel_n >= panel_minimum and peer_n >= peer_minimum then 1.0 else 0.0 end,
       cast(1 as double), grade, evidence_weight, is_pending, cast(null as varchar), case_id
from cases
where source = 'commissioned' and accepted_on is not null
union all
select society_id, '3.4', row_id,
       case when recusal_declared and coi_checked then 1.0 else 0.0 end,
       cast(1 as double), grade, evidence_weight, is_pending, cast(null as varchar), case_id
from cases
where source = 'commissioned' and accepted_on is not null
union all
select society_id, '3.5', row_id,
       case when opinion is not null or closed_on is not null or transferred_on is not null then 1.0 else 0.0 end,
       cast(1 as double), grade, evidence_weight, is_pending, cast(null as varchar), case_id
from cases
where source = 'member_tip' and accepted_on is not null
