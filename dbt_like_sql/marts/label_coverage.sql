-- One row is one tape: how much of it a person has labelled, and how many shots.
with labelled as (
    select
        tape,
        count(*) as labels,
        sum(end_s - start_s) as labelled_s,
        max(end_s) as last_label_s
    from stg_labels
    group by tape
)

select
    stg_tapes.tape,
    stg_tapes.name,
    stg_tapes.duration_s,
    coalesce(labelled.labels, 0) as labels,
    coalesce(labelled.labelled_s, 0) as labelled_s,
    coalesce(labelled.labelled_s, 0) / nullif(stg_tapes.duration_s, 0) as play_share,
    labelled.last_label_s,
    coalesce(stg_shots.shots, 0) as shots
from stg_tapes
left join labelled using (tape)
left join stg_shots using (tape)
order by stg_tapes.tape
