-- One row is one draw of a resample of tapes: a number by chance, the same in every build.
with judged as (
    select
        count(distinct tape) as tapes
    from stg_evaluations
),

resamples as (
    select
        tapes,
        unnest(range(1, 1001)) as resample
    from judged
),

draws as (
    select
        resample,
        unnest(range(1, tapes + 1)) as draw
    from resamples
)

select
    resample::int as resample,
    draw::int as draw,
    (md5_number_lower(resample || ' ' || draw) % 1000000007)::bigint as number
from draws
order by resample, draw
