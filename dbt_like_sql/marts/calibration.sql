-- One row is one tenth of the play score of one profile and model: how often it is play by labels.
-- Whose score it is, each window says itself: an evaluation may be older than the scores.
with judged_by as (
    select distinct
        tape,
        profile
    from stg_evaluations
),

windows as (
    select
        judged_by.tape,
        judged_by.profile,
        stg_windows.model,
        stg_windows.play,
        (stg_windows.start_s + stg_windows.end_s) / 2 as middle_s
    from stg_windows
    join judged_by using (tape)
),

judged as (
    select
        windows.profile,
        windows.model,
        windows.play,
        exists (
            select 1
            from stg_labels
            where
                stg_labels.tape = windows.tape
                and windows.middle_s >= stg_labels.start_s
                and windows.middle_s < stg_labels.end_s
        ) as is_play
    from windows
)

select
    profile,
    model,
    least(floor(play * 10), 9)::int as tenth,
    count(*) as windows,
    avg(play) as mean_score,
    avg(is_play::int) as play_share
from judged
group by profile, model, tenth
order by profile, model, tenth
