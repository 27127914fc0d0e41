-- documents: charters, conventions, codes, norms, procedures and standards (表2制度文件).
-- Clause: 国科办督〔2023〕90号 任务一至四.
-- Repealed texts never count. Where several versions are filed only the best counts: not under verification
-- first, then the greatest evidenced value. An element found in several texts counts once, at the best text.
--   1.1 stage of the charter (0–1)              2.1 valid convention, reviewed within 3 years (0, .5, 1)
--   1.2 elements of the charter ÷ 5             2.2 stage of the code of ethics (0, .5, 1)
--   1.3 consent → filing within 30 days (0, 1)  2.3 professional norms, self-discipline, sanctions ÷ 3
--   2.5 four steps of discipline ÷ 4            3.1 elements of the investigation procedure ÷ 5
--   3.6 standards led or drafted (count)        4.1 stage of the evaluation norm (0–1)
--   4.2 evaluation by type, peers, works ÷ 3    4.3 channels of publication ÷ 4
-- Reads: documents_rows; parameters, level_values, counted_items, in_force_stages (from the methodology).
-- Columns:
--   society_id, indicator, row_id   whose, for which indicator, from which row
--   numerator, denominator          as above; unit: share or count. A null denominator stands for the
--                                   indicator's constant one (methodology), which the engine fills in
--   grade, evidence_weight, is_pending   from evidence.sql
--   answer                          not_applicable | not_counted where the society wrote so; else null
--   label                           title of the document
with scope as (
    select '1.1' as indicator, 'charter' as doc_type
    union all select '1.2', 'charter'
    union all select '2.1', 'convention'
    union all select '2.2', 'ethics_code'
    union all select '2.3', 'convention'
    union all select '2.3', 'ethics_code'
    union all select '2.5', 'convention'
    union all select '2.5', 'ethics_code'
    union all select '2.5', 'investigation_procedure'
    union all select '3.1', 'investigation_procedure'
    union all select '4.1', 'evaluation_norm'
    union all select '4.2', 'evaluation_norm'
    union all select '4.3', 'evaluation_norm'
),
live as (
    select d.*, s.indicator
    from documents_rows d
    join scope s on s.doc_type = d.doc_type
    where d.stage <> 'repealed'
),
staged as (
    -- A charter in force under an approval number is an approved one, whatever it is called. A convention's
    -- publication or entry into force counts as its first review.
    select d.*,
           case
               when d.indicator = '2.1' and f.stage is null then 'absent'
               when d.indicator = '2.1'
                and (coalesce(d.reviewed_on between p.reviewed_since and p.ends_on, false)
                  or coalesce(d.published_on between p.reviewed_since and p.ends_on, false)
                  or coalesce(d.effective_on between p.reviewed_since and p.ends_on, false)) then 'reviewed'
               when d.indicator = '2.1' then 'unreviewed'
               when d.doc_type = 'charter' and f.stage is not null and d.approval_no is not null then 'approved'
               else d.stage
           end as level
    from live d
    cross join parameters p
    left join in_force_stages f on f.stage = d.stage
    where d.indicator in ('1.1', '2.1', '2.2', '4.1')
),
valued as (
    select s.*, coalesce(v.value, 0.0) as numerator
    from staged s
    left join level_values v on v.indicator = s.indicator and v.level = s.level
),
best_stage as (
    select *,
           row_number() over (
               partition by society_id, indicator
               order by is_pending, numerator * evidence_weight desc, numerator desc, doc_id
           ) as choice
    from valued
),
hits as (
    select d.society_id, d.indicator, d.row_id, i.item,
           row_number() over (
               partition by d.society_id, d.indicator, i.item
               order by d.is_pending, d.evidence_weight desc, d.doc_id
           ) as choice
    from live d
    join counted_items i
      on i.indicator = d.indicator
     and list_contains(case when d.indicator = '4.3' then d.channels else d.elements end, i.item)
),
firsts as (
    select society_id, indicator, row_id, count(*) as items_n
    from hits
    where choice = 1
    group by society_id, indicator, row_id
),
consents as (
    select d.*,
           case
               when date_diff('day', d.supervisor_agreed_on, d.filed_on) <= p.charter_filing_days then 1.0
               else 0.0
           end as numerator,
           row_number() over (
               partition by d.society_id
               order by d.is_pending, d.supervisor_agreed_on desc, d.doc_id
           ) as choice
    from documents_rows d
    cross join parameters p
    where d.doc_type = 'charter'
      and d.stage <> 'repealed'
      and d.supervisor_agreed_on <= p.ends_on
      -- Not yet filed and still inside the thirty days at the year's end: nothing to judge.
      and (d.filed_on is not null
        or date_diff('day', d.supervisor_agreed_on, p.ends_on) > p.charter_filing_days)
)
select society_id, indicator, row_id, numerator, cast(null as double) as denominator,
       grade, evidence_weight, is_pending, cast(null as varchar) as answer, title as label
from best_stage
where choice = 1
union all
select d.society_id, d.indicator, d.row_id, cast(coalesce(f.items_n, 0) as double), cast(null as double),
       d.grade, d.evidence_weight, d.is_pending, cast(null as varchar), d.title
from live d
left join firsts f on f.society_id = d.society_id and f.indicator = d.indicator and f.row_id = d.row_id
where d.indicator not in ('1.1', '2.1', '2.2', '4.1')
union all
select society_id, '1.3', row_id, numerator, cast(1 as double),
       grade, evidence_weight, is_pending, cast(null as varchar), title
from consents
where choice = 1
union all
select d.society_id, '3.6', d.row_id, case when i.item is null then 0.0 else 1.0 end,
       cast(null as double), d.grade, d.evidence_weight, d.is_pending, cast(null as varchar), d.title
from documents_rows d
left join counted_items i on i.indicator = '3.6' and i.item = d.role
where d.doc_type = 'standard' and d.stage <> 'repealed'
