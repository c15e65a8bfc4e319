-- One row is one tape: how much of it a person has labelled, and how many shots.
-- A tape on which nobody plays is labelled, too: with no play.
with labelled as (
    select
        tape,
        count(*) as labels,
        sum(end_s - start_s) as labelled_s,
        max(end_s) as last_label_s
    from stg_labels
    group by tape
),

said as (
    select
        tape,
        is_given
    from stg_steps
    where asset = 'labels'
)

select
    stg_tapes.tape,
    stg_tapes.name,
    stg_tapes.duration_s,
    coalesce(said.is_given, false) or labelled.labels is not null as is_labelled,
    coalesce(labelled.labels, 0) as labels,
    coalesce(labelled.labelled_s, 0) as labelled_s,
    coalesce(labelled.labelled_s, 0) / nullif(stg_tapes.duration_s, 0) as play_share,
    labelled.last_label_s,
    coalesce(stg_shots.shots, 0) as shots
from stg_tapes
left join said using (tape)
left join labelled using (tape)
left join stg_shots using (tape)
order by stg_tapes.tape
