-- education_attendance: members trained, each counted once (表3-1签到名册, 表1 参训会员去重人数).
-- Clause: 国科办督〔2023〕90号 任务五.
--   5.2 members trained ÷ individual members
-- A member counts on site, or after at least 20 minutes (online and hybrid), once a year: at the earliest of
-- the best evidenced sessions. What the report declares above the rosters counts as self-reported. Views of a
-- live stream are never read.
-- Reads: education_attendance, rosters, annual_reports_rows; parameters, grades (from the methodology).
-- Columns: as in documents.sql; a session's row carries its new members and denominator 0, the annual
-- report's row carries the declared rest and all individual members. label is the session's name.
with ordered as (
    select society_id, session_id, row_id, name, grade, evidence_weight, is_pending,
           row_number() over (
               order by society_id, is_pending, evidence_weight desc, held_on, session_id
           ) as session_no
    from rosters
),
persons as (
    select o.society_id, a.person_key, min(o.session_no) as session_no
    from education_attendance a
    join parameters p on a.report_year = p.report_year
    join ordered o on o.society_id = a.society_id and o.session_id = a.session_id
    where a.is_member and (a.attended = 'onsite' or a.minutes >= p.online_minutes)
    group by o.society_id, a.person_key
),
sessions as (
    select session_no, count(*) as new_n from persons group by session_no
),
rostered as (
    select o.society_id, sum(s.new_n) as members_n
    from sessions s
    join ordered o on o.session_no = s.session_no
    group by o.society_id
),
declared as (
    select r.*, coalesce(n.members_n, 0) as rostered_n
    from annual_reports_rows r
    left join rostered n on n.society_id = r.society_id
)
select o.society_id, '5.2' as indicator, o.row_id, cast(s.new_n as double) as numerator,
       cast(0 as double) as denominator, o.grade, o.evidence_weight, o.is_pending,
       cast(null as varchar) as answer, o.name as label
from sessions s
join ordered o on o.session_no = s.session_no
union all
select d.society_id, '5.2', d.row_id,
       case
           when d.individual_members is null then null
           when d.trained_members_n is null and d.rostered_n = 0 then null
           when d.trained_members_n > d.rostered_n then cast(d.trained_members_n - d.rostered_n as double)
           else 0.0
       end,
       case
           when d.trained_members_n is null and d.rostered_n = 0 then null
           else cast(d.individual_members as double)
       end,
       'self_reported',
       case when d.evidence_weight < g.weight then d.evidence_weight else g.weight end,
       d.is_pending,
       case
           when d.individual_members is not null and (d.trained_members_n is not null or d.rostered_n > 0) then null
           when coalesce(list_contains(d.not_counted_fields, 'trained_members_n'), false)
             or coalesce(list_contains(d.not_counted_fields, 'individual_members'), false) then 'not_counted'
           when coalesce(list_contains(d.not_applicable_fields, 'trained_members_n'), false)
             or coalesce(list_contains(d.not_applicable_fields, 'individual_members'), false)
           then 'not_applicable'
       end,
       d.name
from declared d
join grades g on g.grade = 'self_reported'
