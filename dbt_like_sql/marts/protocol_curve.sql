-- One row is one figure of one protocol at one threshold: the labelled tapes of one profile and model.
select
    protocol,
    figure,
    profile,
    model,
    threshold,
    count(*) as tapes,
    sum(true_count)::bigint as true_count,
    avg(value) as mean_value,
    min(value) as least_value,
    max(value) as greatest_value,
    count(*) over (partition by protocol, figure, profile, threshold) as models,
    models > 1 as is_mixed
from stg_figures
where not is_in_force and value is not null
group by protocol, figure, profile, model, threshold
order by protocol, figure, profile, model, threshold
