-- signals: outside or other signs that a condition exists, so that its absence is not taken on trust.
-- Clause: 国科办督〔2023〕90号 任务三、四、六, 要求三.
-- A signal gives no points and takes none: it turns “not applicable” into “under verification”, and beside a
-- figure it is a reason to have it checked.
--   unreported_commission   the commissioner registered a commission the society did not file → 3.2–3.4
--   concealment_record      a record in force of concealing a case → 3.2–3.5
--   open_serious_case       a serious case is open → 3.2–3.5
--   award_fee_record        a record in force of charging for awards → 4.4, 4.5, 6.3
--   awards_filed            awards are filed as evaluations, but not who won them → 6.3
--   winners_filed           winners of awards are filed, but no award as an evaluation → 4.4, 4.5
--   declared_above_roster   far more members declared as trained than the society's rosters hold → 5.2
--   refuted_filing          a verification refuted the whole family → its indicators
-- Reads: investigations, credit_records, evaluation_activities, youth_participation, education_attendance,
--   annual_reports, verifications; parameters.
-- Columns: society_id, indicator, signal (a name above).
with rostered as (
    select a.society_id, count(distinct a.person_key) as members_n
    from education_attendance a
    join parameters p on a.report_year = p.report_year
    where a.is_member
    group by a.society_id
),
found as (
    select c.society_id, 'unreported_commission' as signal
    from investigations c
    join parameters p on c.report_year = p.report_year
    left join investigations s
      on s.society_id = c.society_id
     and s.report_year = c.report_year
     and s.recorded_by = 'society'
     and (s.commission_no = c.commission_no or (c.commission_no is null and s.case_id = c.case_id))
    where c.recorded_by = 'commissioner' and s.society_id is null
    union all
    select c.society_id,
           case c.record_type
               when 'concealment' then 'concealment_record'
               when 'open_serious_case' then 'open_serious_case'
               else 'award_fee_record'
           end
    from credit_records c
    join parameters p on c.report_year = p.report_year
    where c.record_type in ('concealment', 'open_serious_case', 'award_fee') and c.status <> 'lifted'
    union all
    select a.society_id, 'awards_filed'
    from evaluation_activities a
    join parameters p on a.report_year = p.report_year
    where a.setting = 'awards'
    union all
    select y.society_id, 'winners_filed'
    from youth_participation y
    join parameters p on y.report_year = p.report_year
    left join evaluation_activities a
      on a.society_id = y.society_id and a.report_year = y.report_year and a.setting = 'awards'
    where y.youth_type = 'award' and a.society_id is null
    union all
    select r.society_id, 'declared_above_roster'
    from annual_reports r
    join parameters p on r.report_year = p.report_year
    join rostered n on n.society_id = r.society_id
    where r.trained_members_n > n.members_n * p.declared_above_roster
    union all
    select v.society_id, concat('refuted_', v.family)
    from verifications v
    join parameters p on v.report_year = p.report_year
    where v.status = 'done' and v.outcome = 'refuted' and v.subject_id is null
),
reach as (
    select 'unreported_commission' as signal, '3.2' as indicator
    union all select 'unreported_commission', '3.3'
    union all select 'unreported_commission', '3.4'
    union all select 'concealment_record', '3.2'
    union all select 'concealment_record', '3.3'
    union all select 'concealment_record', '3.4'
    union all select 'concealment_record', '3.5'
    union all select 'open_serious_case', '3.2'
    union all select 'open_serious_case', '3.3'
    union all select 'open_serious_case', '3.4'
    union all select 'open_serious_case', '3.5'
    union all select 'award_fee_record', '4.4'
    union all select 'award_fee_record', '4.5'
    union all select 'award_fee_record', '6.3'
    union all select 'awards_filed', '6.3'
    union all select 'winners_filed', '4.4'
    union all select 'winners_filed', '4.5'
    union all select 'declared_above_roster', '5.2'
    union all select 'refuted_investigations', '3.2'
    union all select 'refuted_investigations', '3.3'
    union all select 'refuted_investigations', '3.4'
    union all select 'refuted_investigations', '3.5'
    union all select 'refuted_evaluation_activities', '4.4'
    union all select 'refuted_evaluation_activities', '4.5'
    union all select 'refuted_evaluation_activities', '4.6'
    union all select 'refuted_youth_participation', '6.1'
    union all select 'refuted_youth_participation', '6.2'
    union all select 'refuted_youth_participation', '6.3'
    union all select 'refuted_supervision_issues', '7.2'
    union all select 'refuted_supervision_issues', '7.3'
    union all select 'refuted_supervision_issues', '7.5'
)
select distinct f.society_id, r.indicator,
       case when f.signal like 'refuted%' then 'refuted_filing' else f.signal end as signal
from found f
join reach r on r.signal = f.signal
