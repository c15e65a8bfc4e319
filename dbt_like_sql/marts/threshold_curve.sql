-- One row is one threshold at one IoU: all labelled tapes of one profile and model, pooled.
select
    profile,
    model,
    iou,
    threshold,
    count(*) as tapes,
    sum(true_count)::bigint as true_count,
    sum(found_count)::bigint as found_count,
    sum(matched_count)::bigint as matched_count,
    sum(matched_count) / nullif(sum(found_count), 0) as precision,
    sum(matched_count) / nullif(sum(true_count), 0) as recall,
    coalesce(2 * sum(matched_count) / nullif(sum(true_count) + sum(found_count), 0), 1) as f1,
    count(*) over (partition by profile, iou, threshold) as models,
    models > 1 as is_mixed
from stg_evaluations
where protocol = 'segments-f1' and not is_in_force
group by profile, model, iou, threshold
order by profile, model, iou, threshold
