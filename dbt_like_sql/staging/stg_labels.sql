-- One row is one labelled play of a tape, as a person marked it.
select
    tape,
    row_number() over (partition by tape order by start_s, end_s) as play,
    start_s,
    end_s,
    label
from published.labels
order by tape, play
