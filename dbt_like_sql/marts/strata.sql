-- One row is one figure of one protocol over the tapes of one stratum, of one sport pack and model.
-- A figure is a part of a whole: counts of plays add up over tapes, other figures are a mean of them.
-- Its range holds 95 % of what it comes to when tapes are drawn anew; one tape has none.
-- Rounded, since sums of fractions depend on their order in the last digit.
with plays as (
    select
        *
    from stg_evaluations
    where protocol = 'segments-f1' and is_in_force
),

parts as (
    select
        tape, profile, model, protocol,
        format('F1@{:.2f}', iou) as figure,
        'plays' as pooled,
        true_count,
        2 * matched_count::double as part,
        true_count + found_count::double as whole,
        2 * always_matched_count::double as always_part,
        true_count + 1.0 as always_whole,
        2 * cadence_matched_count::double as cadence_part,
        true_count + cadence_found_count::double as cadence_whole,
        1.0 as if_empty
    from plays
    union all
    select
        tape, profile, model, protocol,
        format('precision@{:.2f}', iou),
        'plays',
        true_count,
        matched_count,
        found_count,
        always_matched_count,
        1.0,
        cadence_matched_count,
        cadence_found_count,
        null
    from plays
    where iou = 0.5
    union all
    select
        tape, profile, model, protocol,
        format('recall@{:.2f}', iou),
        'plays',
        true_count,
        matched_count,
        true_count,
        always_matched_count,
        true_count,
        cadence_matched_count,
        true_count,
        null
    from plays
    where iou = 0.5
    union all
    select
        tape, profile, model, protocol,
        figure,
        'tapes',
        true_count,
        value,
        1.0,
        always,
        1.0,
        cadence,
        1.0,
        null
    from stg_figures
    where is_in_force and value is not null and figure in ('average mAP', 'F1@2')
),

members as (
    select
        parts.*,
        stg_strata.stratum,
        stg_strata.value,
        row_number() over one_row as place,
        count(*) over all_tapes as tapes
    from parts
    join stg_strata using (tape)
    window
        one_row as (
            partition by profile, model, protocol, figure, stratum, stg_strata.value order by tape
        ),
        all_tapes as (
            partition by profile, model, protocol, figure, stratum, stg_strata.value
        )
),

sizes as (
    select distinct
        tapes
    from members
    where tapes > 1
),

picks as (
    select
        sizes.tapes,
        stg_draws.resample,
        stg_draws.number % sizes.tapes + 1 as place
    from stg_draws
    join sizes on stg_draws.draw <= sizes.tapes
),

resampled as (
    select
        profile, model, protocol, figure, stratum, value,
        picks.resample,
        coalesce(sum(part) / nullif(sum(whole), 0), any_value(if_empty)) as drawn
    from members
    join picks using (tapes, place)
    group by profile, model, protocol, figure, stratum, value, picks.resample
),

ranges as (
    select
        profile, model, protocol, figure, stratum, value,
        quantile_cont(drawn, 0.025) as low,
        quantile_cont(drawn, 0.975) as high
    from resampled
    group by profile, model, protocol, figure, stratum, value
),

pooled as (
    select
        profile, model, protocol, figure, stratum, value,
        any_value(pooled) as pooled,
        count(*) as tapes,
        sum(true_count)::bigint as true_count,
        coalesce(sum(part) / nullif(sum(whole), 0), any_value(if_empty)) as score,
        sum(always_part) / nullif(sum(always_whole), 0) as always,
        sum(cadence_part) / nullif(sum(cadence_whole), 0) as cadence
    from members
    group by profile, model, protocol, figure, stratum, value
)

select
    pooled.profile,
    pooled.model,
    pooled.protocol,
    pooled.figure,
    pooled.stratum,
    pooled.value,
    pooled.pooled,
    pooled.tapes,
    pooled.true_count,
    round(pooled.score, 9) as score,
    round(ranges.low, 9) as low,
    round(ranges.high, 9) as high,
    round(pooled.always, 9) as always,
    round(pooled.cadence, 9) as cadence,
    count(*) over (
        partition by profile, protocol, figure, stratum, value
    ) as models,
    models > 1 as is_mixed
from pooled
left join ranges using (profile, model, protocol, figure, stratum, value)
order by profile, model, protocol, figure, stratum, value
