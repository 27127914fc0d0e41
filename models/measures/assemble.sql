-- assemble: the contributions of all families, with constant denominators filled in.
-- Reads: measures_union (every family's contributions); indicator_rules (from the methodology).
-- Columns: as in documents.sql; a row without a numerator has no denominator.
select m.society_id, m.indicator, m.row_id, m.numerator,
       case when m.numerator is not null then coalesce(r.constant, m.denominator) end as denominator,
       m.grade, m.evidence_weight, m.is_pending, m.answer, m.label
from measures_union m
join indicator_rules r on r.indicator = m.indicator
