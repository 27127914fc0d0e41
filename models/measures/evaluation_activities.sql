-- evaluation_activities: awards, nominations and other evaluations (表5评价活动).
-- Clause: 国科办督〔2023〕90号 任务四.
--   4.4 activities under the society's norm ÷ all, each of the settings met weighing alike
--   4.5 works limited and no impact-factor threshold ÷ all
--   4.6 member units that try the norm (count, the largest)
-- In 4.4 an activity weighs n ÷ (settings × activities of its setting): the weights sum to n, so that a
-- setting with forty awards does not drown one election. The norm must be an accepted 学术评价规范 not repealed.
-- Reads: evaluation_activities_rows, documents_rows.
-- Columns: as in documents.sql; label is the activity's name.
with norms as (
    select distinct society_id, doc_id
    from documents_rows
    where doc_type = 'evaluation_norm' and stage <> 'repealed'
),
by_setting as (
    -- Rows under verification are left out of the figure, so they share no weight with the others.
    select society_id, is_pending, setting, count(*) as setting_n
    from evaluation_activities_rows
    group by society_id, is_pending, setting
),
by_society as (
    select society_id, is_pending, count(*) as settings_n, sum(setting_n) as all_n
    from by_setting
    group by society_id, is_pending
),
weighed as (
    select a.*, n.doc_id is not null as has_norm,
           cast(t.all_n as double) / (t.settings_n * s.setting_n) as share
    from evaluation_activities_rows a
    join by_setting s
      on s.society_id = a.society_id and s.is_pending = a.is_pending and s.setting = a.setting
    join by_society t on t.society_id = a.society_id and t.is_pending = a.is_pending
    left join norms n on n.society_id = a.society_id and n.doc_id = a.norm_doc_id
),
trials as (
    select *,
           row_number() over (
               partition by society_id
               order by is_pending, member_units_n * evidence_weight desc, member_units_n desc, activity_id
           ) as choice
    from evaluation_activities_rows
    where member_units_n is not null
)
select society_id, '4.4' as indicator, row_id, case when has_norm then share else 0.0 end as numerator,
       share as denominator, grade, evidence_weight, is_pending,
       cast(null as varchar) as answer, name as label
from weighed
union all
select society_id, '4.5', row_id,
       case when rep_limit is not null and not coalesce(jif_threshold, true) then 1.0 else 0.0 end,
       cast(1 as double), grade, evidence_weight, is_pending, cast(null as varchar), name
from evaluation_activities_rows
-- 不适用 (no papers are weighed) leaves the sum; 未统计 stays in it, unproven.
where not coalesce(list_contains(not_applicable_fields, 'jif_threshold'), false)
union all
select society_id, '4.6', row_id, cast(member_units_n as double), cast(null as double),
       grade, evidence_weight, is_pending, cast(null as varchar), name
from trials
where choice = 1
