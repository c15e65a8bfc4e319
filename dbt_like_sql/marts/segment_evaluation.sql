-- One row is one tape under the profile and model in force, at one IoU.
select
    tape,
    profile,
    model,
    iou,
    true_count,
    found_count,
    matched_count,
    matched_count / nullif(found_count, 0) as precision,
    matched_count / nullif(true_count, 0) as recall,
    coalesce(2 * matched_count / nullif(true_count + found_count, 0), 1) as f1,
    merged_count,
    split_count
from stg_evaluations
where protocol = 'segments-f1' and is_in_force
order by tape, iou
