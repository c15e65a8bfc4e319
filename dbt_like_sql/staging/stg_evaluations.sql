-- One row is one tape under one protocol at one IoU and one threshold.
select
    tape,
    protocol,
    profile,
    model,
    iou,
    threshold,
    is_in_force,
    true_count,
    found_count,
    matched_count,
    merged_count,
    split_count,
    always_matched_count,
    cadence_found_count,
    cadence_matched_count
from published.evaluations
order by tape, protocol, iou, threshold
