-- One row is one stretch of play that was found on a tape.
select
    tape,
    segment,
    start_s,
    end_s,
    coalesce(core_start_s, start_s) as play_start_s,
    coalesce(core_end_s, end_s) as play_end_s,
    label,
    score
from published.segments
order by tape, segment
