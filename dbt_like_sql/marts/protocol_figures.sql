-- One row is one figure of one protocol on one tape with the thresholds in force; or why there is none.
select
    tape,
    protocol,
    figure,
    profile,
    model,
    value,
    ties_worst,
    ties_best,
    chance,
    cadence,
    always,
    value - greatest(chance, cadence, always) as over_baseline,
    true_count,
    found_count,
    reason
from stg_figures
where is_in_force
order by tape, protocol, figure
