-- verifications: mystery visits to the channels of supervision (核验记录).
-- Clause: 国科办督〔2023〕90号 要求三.
--   7.1 channel reached: confirmed 1, partly .5, refuted 0; the mean of the year's visits
-- What verifications say of other families is in evidence.sql; they give no figures of their own.
-- Reads: verifications; parameters, level_values, grades (from the methodology).
-- Columns: as in documents.sql; label is the number of the verification.
with visits as (
    select v.*, count(*) over (partition by v.society_id, v.status) as visits_n
    from verifications v
    join parameters p on v.report_year = p.report_year
    where v.family = 'supervision_channel' and v.method = 'mystery_visit'
)
select v.society_id, '7.1' as indicator, v.row_id, coalesce(l.value, 0.0) / v.visits_n as numerator,
       cast(null as double) as denominator, g.grade, g.weight as evidence_weight,
       v.status = 'pending' as is_pending, cast(null as varchar) as answer, v.verification_id as label
from visits v
join grades g on g.grade = 'authority'
left join level_values l on l.indicator = '7.1' and l.level = v.outcome
