-- One row is one matched play: how far its found edges lie from the true ones.
select
    stg_matches.tape,
    judged_by.profile,
    judged_by.model,
    stg_matches.true_start_s,
    stg_matches.true_end_s,
    stg_matches.found_start_s - stg_matches.true_start_s as onset_error_s,
    stg_matches.found_end_s - stg_matches.true_end_s as offset_error_s,
    stg_matches.overlap
from stg_matches
left join judged_by using (tape)
where stg_matches.kind = 'matched'
order by stg_matches.tape, stg_matches.true_start_s
