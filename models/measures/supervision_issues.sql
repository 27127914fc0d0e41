-- supervision_issues: questions and complaints from outside, and what was done about them (表7社会监督).
-- Clause: 国科办督〔2023〕90号 要求三.
--   7.2 answered in time ÷ answers due by the year's end
--   7.3 closed after outside verification in time ÷ rectifications due in the year
--   7.5 closed issues that came back within 12 months ÷ closed issues (lower is better)
-- Without a due date an answer is due reply_days after receipt. Verification by the society itself is none.
-- In 7.5 an issue closed the year before that came back this year within twelve months joins both sums.
-- Reads: supervision_issues (two years), supervision_issues_rows, societies; parameters (from the methodology).
-- Columns: as in documents.sql; label is the issue's number and channel.
with issues as (
    select i.*, p.starts_on, p.ends_on,
           coalesce(i.due_on, cast(i.received_on + interval '1' day * cast(p.reply_days as integer) as date))
               as answer_due_on,
           i.status = 'closed'
           and i.verified_by is not null
           and i.verified_by <> i.society_id
           and i.verified_by <> coalesce(s.name, '')
           and not coalesce(list_contains(s.former_names, i.verified_by), false) as is_closed
    from supervision_issues_rows i
    cross join parameters p
    left join societies s on s.society_id = i.society_id and s.report_year = i.report_year
),
returns as (
    -- Each repeated issue points at one original: this year's of that number before last year's.
    select r.society_id, o.row_id as original_row_id,
           row_number() over (partition by r.row_id order by o.report_year desc) as choice
    from supervision_issues r
    join parameters p on r.report_year = p.report_year
    join supervision_issues o
      on o.society_id = r.society_id
     and o.issue_id = r.recurrence_of
     and o.report_year in (p.report_year, p.report_year - 1)
     and o.row_id <> r.row_id
     and o.verified_on <= r.received_on
     and r.received_on <= cast(
             o.verified_on + interval '1' month * cast(p.recurrence_months as integer) as date)
),
returned as (
    select distinct original_row_id from returns where choice = 1
)
select society_id, '7.2' as indicator, row_id,
       case when replied_on <= answer_due_on then 1.0 else 0.0 end as numerator,
       cast(1 as double) as denominator, grade, evidence_weight, is_pending,
       cast(null as varchar) as answer, concat(issue_id, ' ', channel) as label
from issues
where answer_due_on <= ends_on
union all
select society_id, '7.3', row_id,
       case when is_closed and verified_on <= rectify_due_on then 1.0 else 0.0 end,
       cast(1 as double), grade, evidence_weight, is_pending, cast(null as varchar),
       concat(issue_id, ' ', channel)
from issues
where rectify_due_on between starts_on and ends_on
union all
select i.society_id, '7.5', i.row_id, case when r.original_row_id is null then 0.0 else 1.0 end,
       cast(1 as double), i.grade, i.evidence_weight, i.is_pending, cast(null as varchar),
       concat(i.issue_id, ' ', i.channel)
from issues i
left join returned r on r.original_row_id = i.row_id
where i.status in ('closed', 'reopened') and i.verified_on is not null
union all
select o.society_id, '7.5', o.row_id, cast(1 as double), cast(1 as double), g.grade, g.weight, false,
       cast(null as varchar), concat(o.issue_id, ' ', o.channel)
from supervision_issues o
join parameters p on o.report_year = p.report_year - 1
join returned r on r.original_row_id = o.row_id
join grades g on g.grade = case when o.evidence is null then 'self_reported' else 'attached' end
