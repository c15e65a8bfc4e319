-- One row is one play that was missed, or one found where there is none.
select
    stg_matches.tape,
    judged_by.profile,
    judged_by.model,
    stg_matches.kind,
    coalesce(stg_matches.true_start_s, stg_matches.found_start_s) as start_s,
    coalesce(stg_matches.true_end_s, stg_matches.found_end_s) as end_s,
    stg_matches.score
from stg_matches
left join judged_by using (tape)
where stg_matches.kind <> 'matched'
order by stg_matches.tape, start_s
