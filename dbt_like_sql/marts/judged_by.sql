-- One row is one labelled tape: the model whose plays were judged; of two models, none compare.
with judged as (
    select distinct
        tape,
        profile,
        model
    from stg_evaluations
    where is_in_force
)

select
    tape,
    profile,
    model,
    count(distinct model) over (partition by profile) as models,
    models > 1 as is_mixed
from judged
order by tape
