-- How the picture of a room comes in (LIV-8): one row for each source somebody pushed, kept up to date twice a second
-- by the ingest process and read by the control desk. A row whose `seen_at` is old says that nobody watches any more.
create table room.ingest (
    room text not null references room.rooms on delete cascade,
    source text not null check (source in ('main', 'backup')),
    state text not null check (state in ('off', 'on_air', 'weak', 'broken')),
    why text not null default '',
    bitrate_kbps integer not null default 0 check (bitrate_kbps >= 0),
    frame_rate_centi integer,
    promised_frame_rate integer not null default 0,
    width integer not null default 0,
    height integer not null default 0,
    missing_frames bigint not null default 0,
    key_frame_at timestamptz,
    changed_at timestamptz not null,
    seen_at timestamptz not null,
    primary key (room, source)
);
