-- unit_returns: filings returned for correction that came back clean in time, by supervising unit.
-- Clause: 国科办督〔2023〕90号 要求一.
--   U6 returned filings corrected in time ÷ returned filings
-- A filing is returned when any of its rows was; it is corrected when a later revision without returned rows
-- landed within correction_working_days. Runs only where the warehouse's register of files is at hand.
-- Reads: files, units, societies; parameters, working_days (from the methodology).
-- Columns: as in units.sql.
with own as (
    select u.unit_id, u.name
    from units u
    join parameters p on u.report_year = p.report_year
),
supervised as (
    select s.society_id, coalesce(s.supervisor_id, s.industry_admin_id) as unit_id
    from societies s
    join parameters p on s.report_year = p.report_year
),
returned as (
    select f.society_id, min(f.revision) as revision, min(f.landed_at) as landed_at
    from files f
    join parameters p on f.report_year = p.report_year
    where f.returned > 0 and f.society_id is not null and f.revision is not null
    group by f.society_id
),
corrected as (
    select distinct r.society_id
    from returned r
    join parameters p on true
    join files f
      on f.society_id = r.society_id
     and f.report_year = p.report_year
     and f.revision > r.revision
     and f.returned = 0
    join working_days back on back.day = cast(r.landed_at as date)
    join working_days again on again.day = cast(f.landed_at as date)
    where again.number - back.number <= p.correction_working_days
)
select o.unit_id, o.name, 'U6' as indicator, cast(count(c.society_id) as double) as numerator,
       cast(count(r.society_id) as double) as denominator
from own o
left join supervised s on s.unit_id = o.unit_id
left join returned r on r.society_id = s.society_id
left join corrected c on c.society_id = r.society_id
group by o.unit_id, o.name
