-- One row is one run of the history: what was asked for, how it ended, and why it failed.
select
    run_id,
    tape,
    job,
    face,
    asked,
    status,
    started,
    seconds,
    step,
    error
from history.runs
order by started, run_id
