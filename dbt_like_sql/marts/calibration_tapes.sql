-- One row is one tenth of the play score on one labelled tape: sums over its windows.
-- A window is play if its middle is. Whose score it is, it says itself: an evaluation may be older.
-- Rounded, since sums of fractions depend on their order in the last digit.
with judged_by_pack as (
    select distinct
        tape,
        profile
    from stg_evaluations
),

windows as (
    select
        judged_by_pack.tape,
        judged_by_pack.profile,
        stg_windows.model,
        stg_windows.play,
        (stg_windows.start_s + stg_windows.end_s) / 2 as middle_s
    from stg_windows
    join judged_by_pack using (tape)
),

judged as (
    select
        windows.tape,
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
        )::int as is_play
    from windows
)

select
    tape,
    profile,
    model,
    least(floor(play * 10), 9)::int as tenth,
    count(*) as windows,
    round(sum(play), 9) as said,
    sum(is_play)::double as seen,
    round(sum((play - is_play) ** 2), 9) as squared_error
from judged
group by tape, profile, model, tenth
order by tape, model, tenth
