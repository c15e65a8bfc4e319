-- One row is one tape: what it is, how much play was found in it, and what that took.
with tapes as (
    select
        regexp_extract(filename, 'videos/([^/]+)/', 1) as tape,
        name,
        duration_s,
        bytes as source_bytes
    from read_json($sources, filename = true)
),

found as (
    select
        regexp_extract(filename, 'videos/([^/]+)/', 1) as tape,
        count(*) as segments,
        sum(end_s - start_s) as clip_s,
        avg(score) as mean_score
    from read_parquet($segments, filename = true, union_by_name = true)
    group by all
),

work as (
    select
        regexp_extract(filename, 'videos/([^/]+)/', 1) as tape,
        sum(seconds) as work_s,
        max(seconds) filter (where asset = 'proxies') as decode_s
    from read_json($sidecars, filename = true, union_by_name = true)
    group by all
)

select
    tapes.tape,
    tapes.name,
    tapes.duration_s,
    tapes.source_bytes,
    coalesce(found.segments, 0) as segments,
    coalesce(found.clip_s, 0) as clip_s,
    found.mean_score,
    work.work_s,
    work.decode_s
from tapes
left join found using (tape)
left join work using (tape)
order by tapes.tape
