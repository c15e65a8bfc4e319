-- One row is one figure of one protocol on one tape at one threshold; or why there is none.
select
    tape,
    protocol,
    figure,
    profile,
    model,
    threshold,
    is_in_force,
    value,
    ties_worst,
    ties_best,
    ties_expected,
    chance,
    cadence,
    always,
    true_count,
    found_count,
    reason
from published.figures
order by tape, protocol, figure, is_in_force desc, threshold
