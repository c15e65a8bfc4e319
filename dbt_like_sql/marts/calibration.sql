-- One row is one tenth of the play score of one profile and model: how often it is play by labels.
-- The range of that share holds 95 % of what it comes to when tapes are drawn anew.
with members as (
    select distinct
        tape,
        profile,
        model
    from calibration_tapes
),

placed as (
    select
        tape,
        profile,
        model,
        row_number() over (partition by profile, model order by tape) as place,
        count(*) over (partition by profile, model) as tapes
    from members
),

sizes as (
    select distinct
        tapes
    from placed
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
        placed.profile,
        placed.model,
        calibration_tapes.tenth,
        picks.resample,
        sum(calibration_tapes.seen) / sum(calibration_tapes.windows) as drawn
    from placed
    join picks using (tapes, place)
    join calibration_tapes using (tape, profile, model)
    group by placed.profile, placed.model, calibration_tapes.tenth, picks.resample
),

ranges as (
    select
        profile,
        model,
        tenth,
        quantile_cont(drawn, 0.025) as low,
        quantile_cont(drawn, 0.975) as high
    from resampled
    group by profile, model, tenth
),

tenths as (
    select
        profile,
        model,
        tenth,
        count(*) as tapes,
        sum(windows)::bigint as windows,
        sum(said) / sum(windows) as mean_score,
        sum(seen) / sum(windows) as play_share
    from calibration_tapes
    group by profile, model, tenth
)

select
    profile,
    model,
    tenth,
    tapes,
    windows,
    round(mean_score, 9) as mean_score,
    round(play_share, 9) as play_share,
    round(low, 9) as low,
    round(high, 9) as high
from tenths
left join ranges using (profile, model, tenth)
order by profile, model, tenth
