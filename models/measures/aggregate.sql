-- aggregate: contributions of rows → one figure a society and indicator.
-- Rows under verification stay listed and are left out of the figure. The evidence-weighted numerator counts
-- each row by its evidence; where lower is better the favourable part (denominator − numerator) is weighed,
-- so that thin evidence never improves a figure.
-- Sums are rounded to ten decimals: floating sums depend on the order of their terms, and a run must repeat
-- to the bit on any engine.
-- Reads: contributions_all; indicator_rules (from the methodology).
-- Columns:
--   society_id, indicator
--   numerator, numerator_raw   with and without evidence weights; null when nothing can be counted
--   denominator                same unit as the numerator; null when nothing can be counted
--   rows_n                     rows behind the figure, pending ones included
--   self_reported_n, attached_n, sampled_n, onsite_n, authority_n   those rows by grade of evidence
--   pending_n                  those rows that are under verification
--   pending_numerator, pending_denominator   of those rows, as filed; null without any
--   self_reported_numerator    the favourable part, as weighed, of the rows that are self-reported only
--   evidence_mean              mean evidence weight (0–1) of the rows that count; null without any
--   answer                     not_applicable | not_counted, where the society said so
select c.society_id,
       c.indicator,
       round(sum(case
               when c.is_pending then null
               when r.is_lower_better then c.denominator - c.evidence_weight * (c.denominator - c.numerator)
               else c.evidence_weight * c.numerator
           end), 10) as numerator,
       round(sum(case when c.is_pending then null else c.numerator end), 10) as numerator_raw,
       round(case
           when r.constant is null then sum(case when c.is_pending then null else c.denominator end)
           else max(case when c.is_pending then null else c.denominator end)
       end, 10) as denominator,
       count(c.numerator) as rows_n,
       count(case when c.grade = 'self_reported' and c.numerator is not null then 1 end) as self_reported_n,
       count(case when c.grade = 'attached' and c.numerator is not null then 1 end) as attached_n,
       count(case when c.grade = 'sampled' and c.numerator is not null then 1 end) as sampled_n,
       count(case when c.grade = 'onsite' and c.numerator is not null then 1 end) as onsite_n,
       count(case when c.grade = 'authority' and c.numerator is not null then 1 end) as authority_n,
       count(case when c.is_pending and c.numerator is not null then 1 end) as pending_n,
       round(sum(case when c.is_pending then c.numerator end), 10) as pending_numerator,
       round(case
           when r.constant is null then sum(case when c.is_pending then c.denominator end)
           else max(case when c.is_pending then c.denominator end)
       end, 10) as pending_denominator,
       round(sum(case
               when c.is_pending or c.grade <> 'self_reported' then null
               when r.is_lower_better then c.evidence_weight * (c.denominator - c.numerator)
               else c.evidence_weight * c.numerator
           end), 10) as self_reported_numerator,
       round(avg(case when c.is_pending or c.numerator is null then null else c.evidence_weight end), 10)
           as evidence_mean,
       max(c.answer) as answer
from contributions_all c
join indicator_rules r on r.indicator = c.indicator
group by c.society_id, c.indicator, r.constant
