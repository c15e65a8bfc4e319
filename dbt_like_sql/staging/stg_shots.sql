-- One row is one tape whose camera shots a person has marked.
select
    tape,
    count(*) as shots
from published.shots
group by tape
order by tape
