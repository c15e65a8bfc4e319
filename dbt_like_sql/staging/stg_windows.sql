-- One row is one scored window of a tape: the raw play score, untouched by any threshold.
select
    tape,
    start_s,
    end_s,
    play,
    model
from published.predictions
order by tape, start_s
