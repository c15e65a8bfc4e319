-- One row is one tape: the file as its container and its first frame state it.
select
    tape,
    name,
    content_hash,
    duration_s,
    bytes,
    container,
    video ->> 'codec' as codec,
    (video ->> 'display_width')::int as width,
    (video ->> 'display_height')::int as height,
    (video ->> 'frame_count')::bigint as frame_count,
    coalesce((video ->> 'is_variable_rate')::boolean, false) as is_variable_rate,
    coalesce(json_array_length(audio), 0) as sound_tracks,
    coalesce(json_array_length(findings), 0) as findings
from published.sources
order by tape
