-- One row is one profile and model: how far its play scores are from what the labels say.
-- Expected calibration error over ten bins of equal width; ranges as everywhere over tapes.
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

-- Resample 0 is the tapes as they are.
picks as (
    select
        tapes,
        0 as resample,
        place
    from placed
    group by tapes, place
    union all
    select
        sizes.tapes,
        stg_draws.resample,
        stg_draws.number % sizes.tapes + 1
    from stg_draws
    join sizes on stg_draws.draw <= sizes.tapes
),

tenths as (
    select
        placed.profile,
        placed.model,
        picks.resample,
        calibration_tapes.tenth,
        sum(calibration_tapes.windows) as windows,
        sum(calibration_tapes.said) as said,
        sum(calibration_tapes.seen) as seen,
        sum(calibration_tapes.squared_error) as squared_error
    from placed
    join picks using (tapes, place)
    join calibration_tapes using (tape, profile, model)
    group by placed.profile, placed.model, picks.resample, calibration_tapes.tenth
),

errors as (
    select
        profile,
        model,
        resample,
        sum(windows) as windows,
        sum(abs(said - seen)) / sum(windows) as error,
        sum(squared_error) / sum(windows) as squared_error
    from tenths
    group by profile, model, resample
),

ranges as (
    select
        profile,
        model,
        quantile_cont(error, 0.025) as low,
        quantile_cont(error, 0.975) as high
    from errors
    where resample > 0
    group by profile, model
),

counted as (
    select
        profile,
        model,
        count(*) as tapes
    from members
    group by profile, model
)

select
    errors.profile,
    errors.model,
    counted.tapes,
    errors.windows::bigint as windows,
    round(errors.error, 9) as error,
    round(ranges.low, 9) as low,
    round(ranges.high, 9) as high,
    round(errors.squared_error, 9) as squared_error,
    count(*) over (partition by errors.profile) as models,
    models > 1 as is_mixed
from errors
join counted using (profile, model)
left join ranges using (profile, model)
where errors.resample = 0
order by errors.profile, errors.model
