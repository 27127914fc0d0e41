-- double_reports: sessions that another society, their host, reports too (缺陷27 主承办各报一次，按主办计).
-- Clause: 国科办督〔2023〕90号 任务五. One row a session that is left out, whoever filed first.
-- The same session: the same name but for spaces and punctuation, the same day and mode, and about as many
-- persons (data_contracts/crosschecks.yaml: 本项目建议值). Intake warns of the same pairs.
-- Reads: education_sessions; parameters, double_report_roles.
-- Columns: row_id (of the organiser's row), host_row_id (of the host's).
with sessions as (
    select s.society_id, s.row_id, s.held_on, s.mode, r.is_host,
           regexp_replace(s.name, '[\s\p{P}]', '', 'g') as bare_name,
           cast(coalesce(s.onsite_n, 0) + coalesce(s.online_unique_n, 0) as double) as persons_n
    from education_sessions s
    join parameters p on s.report_year = p.report_year
    join double_report_roles r on r.role = s.role
)
select o.row_id, min(h.row_id) as host_row_id
from sessions o
join parameters p on true
join sessions h
  on h.bare_name = o.bare_name and h.held_on = o.held_on and h.mode = o.mode
where not o.is_host and h.is_host and h.society_id <> o.society_id
  and abs(o.persons_n - h.persons_n) <= p.double_report_within * greatest(o.persons_n, h.persons_n)
group by o.row_id
