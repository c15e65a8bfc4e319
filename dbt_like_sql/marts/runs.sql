-- One row is one run: what ran, what it cost, what failed, and how much of it is still in the library.
with kept as (
    select
        run_id,
        count(*) as steps_kept,
        sum(seconds) as work_s,
        sum(bytes)::bigint as bytes
    from stg_steps
    group by run_id
)

select
    stg_runs.run_id,
    stg_runs.tape,
    stg_tapes.name,
    stg_runs.job,
    stg_runs.face,
    stg_runs.status,
    stg_runs.started,
    stg_runs.seconds,
    stg_runs.step,
    stg_runs.error,
    row_number() over (
        partition by coalesce(stg_runs.tape, stg_runs.run_id) order by stg_runs.started desc
    ) = 1 as is_last,
    coalesce(kept.steps_kept, 0) as steps_kept,
    coalesce(kept.work_s, 0) as work_s,
    coalesce(kept.bytes, 0) as bytes
from stg_runs
left join stg_tapes using (tape)
left join kept using (run_id)
order by stg_runs.started desc, stg_runs.run_id
