-- education_sessions: sessions of education and outreach (表3宣讲教育).
-- Clause: 国科办督〔2023〕90号 任务五.
-- A quarter, an audience or a topic met in several sessions counts once, at the best evidenced session.
-- A session that adds nothing gives no row, except the society's first when none adds anything.
--   5.1 quarters with a session ÷ 4                5.5 persons at verified sessions ÷ persons
--   5.3 audiences reached ÷ audiences due          5.6 a session with a case as a warning (0, 1)
--   5.4 topics covered ÷ 4
-- A session that its host reports too is left out (double_reports): its row is listed and adds nothing; it
-- is noted as 0 where the society has no other session.
-- Reads: education_sessions_rows, double_reports; counted_items (from the methodology).
-- Columns: as in documents.sql; label is the session's name. Views of a live stream are never read.
with counted as (
    select s.*
    from education_sessions_rows s
    left join double_reports d on d.row_id = s.row_id
    where d.row_id is null
),
left_out as (
    select s.*, n.society_id is null as is_only
    from education_sessions_rows s
    join double_reports d on d.row_id = s.row_id
    left join (select distinct society_id from counted) n on n.society_id = s.society_id
),
covered as (
    select s.society_id, '5.1' as indicator, s.row_id, cast(quarter(s.held_on) as varchar) as item,
           s.is_pending, s.evidence_weight, s.session_id
    from counted s
    union all
    select s.society_id, i.indicator, s.row_id, i.item, s.is_pending, s.evidence_weight, s.session_id
    from counted s
    join counted_items i
      on i.indicator in ('5.3', '5.4')
     and list_contains(case when i.indicator = '5.3' then s.audiences else s.topics end, i.item)
    union all
    select society_id, '5.6', row_id, 'case_lesson', is_pending, evidence_weight, session_id
    from counted
    where has_case_lesson
),
first_cover as (
    select *,
           row_number() over (
               partition by society_id, indicator, item
               order by is_pending, evidence_weight desc, session_id
           ) as choice
    from covered
),
gains as (
    select society_id, indicator, row_id, count(*) as items_n
    from first_cover
    where choice = 1
    group by society_id, indicator, row_id
),
wanted as (
    select '5.1' as indicator union all select '5.3' union all select '5.4' union all select '5.6'
),
candidates as (
    select s.society_id, w.indicator, s.row_id, coalesce(g.items_n, 0) as gained_n,
           s.grade, s.evidence_weight, s.is_pending, s.name,
           row_number() over (
               partition by s.society_id, w.indicator
               order by coalesce(g.items_n, 0) desc, s.is_pending, s.session_id
           ) as choice
    from counted s
    cross join wanted w
    left join gains g
      on g.society_id = s.society_id and g.indicator = w.indicator and g.row_id = s.row_id
    -- Lists answered 未统计 or 不适用 tell nothing of what was covered.
    where case w.indicator when '5.3' then s.audiences is not null
                           when '5.4' then s.topics is not null
                           when '5.6' then s.has_case_lesson is not null
                           else true end
),
attended as (
    select *, coalesce(onsite_n, 0) + coalesce(online_unique_n, 0) as persons_n
    from counted
    where onsite_n is not null or online_unique_n is not null
)
select society_id, indicator, row_id, cast(gained_n as double) as numerator, cast(null as double) as denominator,
       grade, evidence_weight, is_pending, cast(null as varchar) as answer, name as label
from candidates
where gained_n > 0 or choice = 1
union all
select a.society_id, '5.5', a.row_id, case when i.item is null then 0.0 else cast(a.persons_n as double) end,
       cast(a.persons_n as double), a.grade, a.evidence_weight, a.is_pending, cast(null as varchar), a.name
from attended a
left join counted_items i on i.indicator = '5.5' and i.item = a.verify
union all
select l.society_id, w.indicator, l.row_id, case when l.is_only then 0.0 end, cast(null as double), l.grade,
       l.evidence_weight, l.is_pending, cast(null as varchar), l.name
from left_out l
cross join wanted w
union all
select society_id, '5.5', row_id, cast(null as double), cast(null as double), grade, evidence_weight,
       is_pending, cast(null as varchar), name
from left_out
