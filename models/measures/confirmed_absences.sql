-- confirmed_absences: families whose filing an authority has checked as a whole, so that what it does not hold
-- did not happen.
-- Clause: 国科办督〔2023〕90号 要求一、三: the supervising units urge and supervise, so the word that there was
-- nothing to report is theirs, not the society's.
-- A check of the whole family (no subject) that found the filing true, or found that there was nothing of the kind.
-- Reads: verifications; parameters.
-- Columns: society_id, family.
select distinct v.society_id, v.family
from verifications v
join parameters p on v.report_year = p.report_year
where v.status = 'done' and v.subject_id is null and v.outcome in ('absent', 'confirmed')
