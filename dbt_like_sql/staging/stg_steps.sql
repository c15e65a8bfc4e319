-- One row is one finished artifact of one tape: what made it, when it is right, and what it cost.
select
    tape,
    asset,
    fingerprint,
    code,
    run_id,
    seconds,
    coalesce(list_sum(map_values(files)), 0)::bigint as bytes,
    parameters ->> 'profile' as profile,
    parameters ->> 'given' is not null as is_given
from published.sidecars
order by tape, asset
