-- One row is one clip, with the proof of its cut.
with clips as (
    select
        tape,
        profile,
        unnest(json_extract(clips, '$[*]')) as clip
    from published.manifests
)

select
    tape,
    profile,
    (clip ->> 'number')::int as number,
    clip ->> 'file' as file,
    clip ->> 'label' as label,
    (clip ->> 'score')::double as score,
    (clip ->> 'start_s')::double as start_s,
    (clip ->> 'end_s')::double as end_s,
    (clip -> 'cut' ->> 'method') as method,
    (clip -> 'cut' ->> 'is_exact')::boolean as is_exact,
    (clip -> 'cut' ->> 'frame_count')::int as frame_count,
    (clip -> 'cut' ->> 'counted_frames')::int as counted_frames,
    (clip -> 'cut' ->> 'start_skew_ms')::double as start_skew_ms,
    (clip -> 'cut' ->> 'end_skew_ms')::double as end_skew_ms,
    (clip -> 'cut' ->> 'bytes')::bigint as bytes
from clips
order by tape, number
