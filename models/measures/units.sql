-- units: how completely each supervising unit did its own part (主管单位督促情况). Never ranked.
-- Clause: 国科办督〔2023〕90号 任务一、要求一、要求二.
-- A society answers to its 业务主管单位, or, decoupled, to its 行业管理部门.
--   U1 preparing societies whose draft charter has the clause ÷ preparing societies
--   U2 a numbered and dated plan of work (0, 1)     U3 conduct of research in a numbered assessment (0, 1)
--   U4 practices put forward to the public ÷ nominations with evidence and the unit's opinion
--   U5 societies that filed ÷ societies due         (U6: unit_returns.sql)
-- Reads: units, societies, documents, annual_reports, practice_nominations; parameters.
-- Columns: unit_id; name; indicator U1–U5; numerator, denominator (count of societies, practices, or 1).
--   A denominator of 0 means that there was nothing to do: not applicable.
with own as (
    select u.unit_id, u.name, u.plan_doc_no, u.plan_date, u.in_assessment, u.doc_no
    from units u
    join parameters p on u.report_year = p.report_year
),
supervised as (
    select s.society_id, coalesce(s.supervisor_id, s.industry_admin_id) as unit_id, s.reg_status, s.in_scope
    from societies s
    join parameters p on s.report_year = p.report_year
),
drafts as (
    select distinct d.society_id
    from documents d
    join parameters p on d.report_year = p.report_year
    where d.doc_type = 'charter' and d.stage <> 'repealed' and list_contains(d.elements, 'duty')
),
filed as (
    select distinct r.society_id
    from annual_reports r
    join parameters p on r.report_year = p.report_year
),
practices as (
    select s.unit_id, n.publicity_from
    from practice_nominations n
    join parameters p on n.report_year = p.report_year
    join supervised s on s.society_id = n.society_id
    where n.evidence is not null and n.unit_opinion is not null
)
select o.unit_id, o.name, 'U1' as indicator, cast(count(d.society_id) as double) as numerator,
       cast(count(s.society_id) as double) as denominator
from own o
left join supervised s on s.unit_id = o.unit_id and s.reg_status = 'preparing'
left join drafts d on d.society_id = s.society_id
group by o.unit_id, o.name
union all
select unit_id, name, 'U2', case when plan_doc_no is not null and plan_date is not null then 1.0 else 0.0 end,
       cast(1 as double)
from own
union all
select unit_id, name, 'U3', case when in_assessment and doc_no is not null then 1.0 else 0.0 end,
       cast(1 as double)
from own
union all
select o.unit_id, o.name, 'U4', cast(count(n.publicity_from) as double), cast(count(n.unit_id) as double)
from own o
left join practices n on n.unit_id = o.unit_id
group by o.unit_id, o.name
union all
select o.unit_id, o.name, 'U5', cast(count(f.society_id) as double), cast(count(s.society_id) as double)
from own o
left join supervised s on s.unit_id = o.unit_id and s.in_scope and s.reg_status = 'registered'
left join filed f on f.society_id = s.society_id
group by o.unit_id, o.name
