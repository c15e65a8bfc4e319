-- One row is one tape: what it is, how much play was found in it, and what that took.
with found as (
    select
        tape,
        count(*) as segments,
        sum(end_s - start_s) as clip_s,
        avg(score) as mean_score
    from stg_segments
    group by tape
),

work as (
    select
        tape,
        max(profile) as profile,
        sum(seconds) as work_s,
        max(seconds) filter (where asset = 'proxies') as decode_s,
        sum(bytes) as artifact_bytes
    from stg_steps
    group by tape
)

select
    stg_tapes.tape,
    stg_tapes.name,
    work.profile,
    stg_tapes.duration_s,
    stg_tapes.bytes as source_bytes,
    stg_tapes.codec,
    stg_tapes.width,
    stg_tapes.height,
    coalesce(found.segments, 0) as segments,
    coalesce(found.clip_s, 0) as clip_s,
    found.mean_score,
    label_coverage.is_labelled,
    label_coverage.labels,
    work.work_s,
    work.decode_s,
    work.artifact_bytes
from stg_tapes
left join found using (tape)
left join work using (tape)
join label_coverage using (tape)
order by stg_tapes.tape
