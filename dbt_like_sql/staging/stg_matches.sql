-- One row is one play that was matched, missed or found besides, with the thresholds in force.
select
    tape,
    kind,
    true_start_s,
    true_end_s,
    found_start_s,
    found_end_s,
    overlap,
    score
from published.matches
order by tape, coalesce(true_start_s, found_start_s)
