-- One row is one play that was missed, or one found where there is none.
select
    tape,
    kind,
    coalesce(true_start_s, found_start_s) as start_s,
    coalesce(true_end_s, found_end_s) as end_s,
    score
from stg_matches
where kind <> 'matched'
order by tape, start_s
