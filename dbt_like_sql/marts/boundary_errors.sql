-- One row is one matched play: how far its found edges lie from the true ones.
select
    tape,
    true_start_s,
    true_end_s,
    found_start_s - true_start_s as onset_error_s,
    found_end_s - true_end_s as offset_error_s,
    overlap
from stg_matches
where kind = 'matched'
order by tape, true_start_s
