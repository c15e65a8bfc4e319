-- One row is one model whose scores tapes of a sport pack have; of two, their tapes do not compare.
with named as (
    select distinct
        tape,
        model
    from stg_windows
),

packs as (
    select
        tape,
        profile
    from stg_steps
    where asset = 'clips'
)

select
    packs.profile,
    named.model,
    count(*) as tapes,
    count(*) over (partition by packs.profile) as models,
    models > 1 as is_mixed
from named
join packs using (tape)
where packs.profile is not null
group by packs.profile, named.model
order by packs.profile, named.model
