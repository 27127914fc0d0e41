-- facts: what a society's filing says of itself, to tell “there was nothing” from “it was not filed”.
-- Clause: 国科办督〔2023〕90号 任务三、六.
-- Reads: societies, annual_reports, investigations; parameters.
-- Columns: society_id; level; journals_n (0 also where answered 不适用; null if unknown);
--   annual_report (an accepted report), zero_case_declared, other_cases_reported (any case filed by it).
with cases as (
    select distinct i.society_id
    from investigations i
    join parameters p on i.report_year = p.report_year
    where i.recorded_by = 'society'
)
select s.society_id,
       s.level,
       case
           when coalesce(list_contains(r.not_applicable_fields, 'journals_n'), false) then 0
           else r.journals_n
       end as journals_n,
       r.society_id is not null as annual_report,
       coalesce(r.zero_case_declared, false) as zero_case_declared,
       c.society_id is not null as other_cases_reported
from societies s
join parameters p on s.report_year = p.report_year
left join annual_reports r on r.society_id = s.society_id and r.report_year = s.report_year
left join cases c on c.society_id = s.society_id
