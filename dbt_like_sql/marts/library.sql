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
),

labelled as (
    select
        tape,
        count(*) as labels
    from stg_labels
    group by tape
),

said as (
    select
        tape,
        is_given
    from stg_steps
    where asset = 'labels'
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
    coalesce(said.is_given, false) or labelled.labels is not null as is_labelled,
    coalesce(labelled.labels, 0) as labels,
    work.work_s,
    work.decode_s,
    work.artifact_bytes
from stg_tapes
left join found using (tape)
left join work using (tape)
left join labelled using (tape)
left join said using (tape)
order by stg_tapes.tape
