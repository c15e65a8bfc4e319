-- One row is one way of cutting: how many clips, how large, and whether all of them are exact.
select
    method,
    count(*) as clips,
    count(*) filter (where is_exact) as exact_clips,
    sum(frame_count)::bigint as frames,
    sum(bytes)::bigint as bytes,
    max(abs(start_skew_ms)) as worst_start_skew_ms,
    max(abs(end_skew_ms)) as worst_end_skew_ms
from stg_clips
group by method
order by method
