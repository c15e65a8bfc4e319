-- One row is one tenth of the play score: how often windows that score so are play by the labels.
with windows as (
    select
        stg_windows.tape,
        stg_windows.play,
        (stg_windows.start_s + stg_windows.end_s) / 2 as middle_s
    from stg_windows
    where stg_windows.tape in (select stg_labels.tape from stg_labels)
),

judged as (
    select
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
    least(floor(play * 10), 9)::int as tenth,
    count(*) as windows,
    avg(play) as mean_score,
    avg(is_play::int) as play_share
from judged
group by tenth
order by tenth
