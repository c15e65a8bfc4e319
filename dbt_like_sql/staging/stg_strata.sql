-- One row is one thing by which tapes are told apart, and what it is on one tape: venue, light.
select
    tape,
    stratum,
    value
from published.strata
order by tape, stratum
