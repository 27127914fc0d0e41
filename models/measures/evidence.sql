-- evidence: how well each filed row is evidenced, and whether a check of it is still open.
-- Clause: 国科办督〔2023〕90号 要求三; grades of evidence: 现场核 > 抽核 > 有附件 > 仅自报.
-- One row a filed row of the year. A done verification of the row itself, or of its whole family, gives the
-- grade (on site before sampled before read on paper); without one, an attachment or address gives 有附件,
-- nothing gives 仅自报. A refuted row keeps its grade and weighs nothing. A roster is its own attachment, and a
-- check of its session is a check of the roster. Rows of a family of which an authority says that there was
-- nothing of the kind (absent) contradict it: they are under verification until one of the two is corrected.
-- Reads: the families; parameters, grades, method_grades, evidence_outcomes (from the methodology).
-- Columns:
--   family           the family the row belongs to (education_attendance: the roster of a session)
--   row_id           the row's lineage id (of the session, for a roster)
--   grade            onsite | sampled | attached | self_reported
--   evidence_weight  weight of the grade times weight of the outcome, 0 to 1
--   is_pending       a verification of the row or its family is under way
with subjects as (
    select 'annual_reports' as family, society_id, report_year, cast(null as varchar) as subject_id, row_id,
           evidence is not null as has_evidence
    from annual_reports
    union all
    select 'documents', society_id, report_year, doc_id, row_id, evidence is not null from documents
    union all
    select 'education_sessions', society_id, report_year, session_id, row_id, evidence is not null
    from education_sessions
    union all
    select 'education_attendance', society_id, report_year, session_id, row_id, true from education_sessions
    union all
    select 'investigations', society_id, report_year, case_id, row_id, evidence is not null
    from investigations
    where recorded_by = 'society'
    union all
    select 'evaluation_activities', society_id, report_year, activity_id, row_id, evidence is not null
    from evaluation_activities
    union all
    select 'youth_participation', society_id, report_year, item_id, row_id, evidence is not null
    from youth_participation
    union all
    select 'supervision_issues', society_id, report_year, issue_id, row_id, evidence is not null
    from supervision_issues
    union all
    select 'practice_nominations', society_id, report_year, nomination_id, row_id, evidence is not null
    from practice_nominations
),
checks as (
    select v.society_id, v.family, v.subject_id, v.method, v.outcome,
           case when v.outcome = 'absent' then 'pending' else v.status end as status, v.verified_on,
           v.verification_id
    from verifications v
    join parameters p on v.report_year = p.report_year
    union all
    select v.society_id, 'education_attendance', v.subject_id, v.method, v.outcome,
           case when v.outcome = 'absent' then 'pending' else v.status end, v.verified_on, v.verification_id
    from verifications v
    join parameters p on v.report_year = p.report_year
    where v.family = 'education_sessions'
),
matched as (
    select s.family, s.row_id, g.grade, g.weight * o.weight as evidence_weight, c.status,
           row_number() over (
               partition by s.family, s.row_id, c.status
               order by g.standing,
                        case when c.subject_id is null then 1 else 0 end,
                        c.verified_on desc nulls last,
                        c.verification_id
           ) as choice
    from subjects s
    join parameters p on s.report_year = p.report_year
    join checks c
      on c.society_id = s.society_id
     and c.family = s.family
     and (c.subject_id is null or s.subject_id is null or c.subject_id = s.subject_id)
    join method_grades m on m.method = c.method
    join grades g on g.grade = m.grade
    left join evidence_outcomes o on o.outcome = c.outcome
)
select s.family,
       s.row_id,
       coalesce(done.grade, own.grade) as grade,
       coalesce(done.evidence_weight, own.weight) as evidence_weight,
       pending.row_id is not null as is_pending
from subjects s
join parameters p on s.report_year = p.report_year
join grades own on own.grade = case when s.has_evidence then 'attached' else 'self_reported' end
left join matched done
  on done.family = s.family and done.row_id = s.row_id and done.status = 'done' and done.choice = 1
left join matched pending
  on pending.family = s.family and pending.row_id = s.row_id and pending.status = 'pending' and pending.choice = 1
