-- One row is one step of the line: how often it was done, how long it took and what it left.
select
    stg_steps.asset,
    count(*) as tapes,
    sum(stg_steps.seconds) as seconds,
    median(stg_steps.seconds) as median_s,
    max(stg_steps.seconds) as longest_s,
    sum(stg_steps.seconds) / nullif(sum(stg_tapes.duration_s), 0) as seconds_per_tape_second,
    sum(stg_steps.bytes)::bigint as bytes
from stg_steps
join stg_tapes using (tape)
group by stg_steps.asset
order by seconds desc, stg_steps.asset
