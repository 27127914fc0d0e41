-- youth_participation: young researchers at meetings, in journals and awards, and with senior experts (表6青年).
-- Clause: 国科办督〔2023〕90号 任务六.
--   6.1 young speakers ÷ oral and invited talks     6.3 young winners ÷ winners
--   6.2 young editors ÷ editorial board             6.4 exchange: mechanism, records, follow-up ÷ 3
-- Which age bands are young is the methodology's (up to 40 years). A band left unanswered counts nobody.
-- Reads: youth_participation_rows; parameters, counted_items (from the methodology).
-- Columns: as in documents.sql; label is the item's name.
with counted as (
    select y.*,
           case y.youth_type when 'meeting' then '6.1' when 'journal' then '6.2' when 'award' then '6.3'
           end as indicator,
           case
               when y.youth_32_n is null and y.youth_35_n is null and y.youth_40_n is null
                and y.youth_45_n is null then null
               else cast(
                   coalesce(y.youth_32_n, 0) * p.counts_youth_32
                   + coalesce(y.youth_35_n, 0) * p.counts_youth_35
                   + coalesce(y.youth_40_n, 0) * p.counts_youth_40
                   + coalesce(y.youth_45_n, 0) * p.counts_youth_45 as double)
           end as youth_n
    from youth_participation_rows y
    cross join parameters p
    where y.youth_type in ('meeting', 'journal', 'award')
),
exchange as (
    select * from youth_participation_rows where youth_type = 'exchange'
),
hits as (
    select e.society_id, e.row_id, i.item,
           row_number() over (
               partition by e.society_id, i.item
               order by e.is_pending, e.evidence_weight desc, e.item_id
           ) as choice
    from exchange e
    join counted_items i on i.indicator = '6.4' and list_contains(e.mentoring, i.item)
),
firsts as (
    select row_id, count(*) as items_n from hits where choice = 1 group by row_id
)
select society_id, indicator, row_id,
       case when n_total is not null then youth_n end as numerator,
       case when youth_n is not null then cast(n_total as double) end as denominator,
       grade, evidence_weight, is_pending,
       case
           when n_total is not null and youth_n is not null then null
           when coalesce(list_contains(not_counted_fields, 'n_total'), false)
             or coalesce(list_contains(not_counted_fields, 'youth_32_n'), false)
             or coalesce(list_contains(not_counted_fields, 'youth_35_n'), false)
             or coalesce(list_contains(not_counted_fields, 'youth_40_n'), false) then 'not_counted'
           else 'not_applicable'
       end as answer,
       name as label
from counted
union all
select e.society_id, '6.4', e.row_id, cast(coalesce(f.items_n, 0) as double), cast(null as double),
       e.grade, e.evidence_weight, e.is_pending, cast(null as varchar), e.name
from exchange e
left join firsts f on f.row_id = e.row_id
