-- One row is one scene of a tape whose shots a person marked: a marked one, or a found one.
select
    tape,
    side,
    row_number() over (partition by tape, side order by first_frame) as scene,
    first_frame,
    last_frame
from published.scenes
order by tape, side, scene
