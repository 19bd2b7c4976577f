-- Who stands behind a room, viewers' reports, running totals and the clearing of old rows (LIV-9; facts/law L2, L4).

-- What the law wants viewers to see beside operator, host and company: the licence, how to reach the operator, and
-- that a host is no person. `service_url` is where a buyer asks for a return.
alter table room.rooms add column licence_number text not null default '';
alter table room.rooms add column contact text not null default '';
alter table room.rooms add column service_url text not null default '' check (service_url ~ '^(https?://|/|$)');
alter table room.rooms add column is_ai_host boolean not null default false;
alter table room.rooms add column events_cleared bigint not null default 0
    check (events_cleared >= 0 and events_cleared <= last_event);

-- The room's own words, as the snapshot and each `state` event tell them.
create function room.state_card(r room.rooms) returns json
language sql stable as $$
    select json_build_object(
        'state', r.state, 'title', r.title, 'operator', r.operator, 'host', r.host, 'company', r.company,
        'video_url', r.video_url, 'current_item', r.current_item, 'starts_at', r.starts_at,
        'licence_number', r.licence_number, 'contact', r.contact, 'service_url', r.service_url,
        'is_ai_host', r.is_ai_host)
$$;

-- What a viewer reported 举报; the back of house takes each once.
create table room.reports (
    report uuid primary key,
    room text not null references room.rooms,
    visitor text not null,
    kind text not null check (kind in ('untrue', 'price', 'quality', 'conduct', 'minor', 'other')),
    item uuid,
    text text not null check (length(text) <= 500),
    reported_at timestamptz not null default now(),
    taken_at timestamptz
);
create index reports_untaken on room.reports (report) where taken_at is null;
create index reports_by_visitor on room.reports (room, visitor);

-- Running totals of a room: each statement that answers or says something adds its sum as a row of its own, so writers
-- never wait for each other; `fold_tallies` adds rows up. They outlive the rows they count.
create table room.tallies (
    tally bigint generated always as identity primary key,
    room text not null,
    what text not null,
    times bigint not null,
    units bigint not null default 0,
    amount_fen bigint not null default 0
);
create index tallies_by_room on room.tallies (room, what);

insert into room.tallies (room, what, times, units, amount_fen)
select room, result, count(*), sum(quantity), coalesce(sum(quantity * unit_price_fen), 0) from room.answers group by 1, 2;
insert into room.tallies (room, what, times) select room, 'message', count(*) from room.messages group by 1;

create function room.tally_answers() returns trigger
language plpgsql as $$
begin
    insert into room.tallies (room, what, times, units, amount_fen)
    select room, result, count(*), sum(quantity), coalesce(sum(quantity * unit_price_fen), 0) from fresh group by 1, 2;
    return null;
end $$;
create trigger tally_answers after insert on room.answers referencing new table as fresh
    for each statement execute function room.tally_answers();

create function room.tally_messages() returns trigger
language plpgsql as $$
begin
    insert into room.tallies (room, what, times) select room, 'message', count(*) from fresh group by 1;
    return null;
end $$;
create trigger tally_messages after insert on room.messages referencing new table as fresh
    for each statement execute function room.tally_messages();

-- Adds the rows of each room up into one per kind; one process at a time, everybody else goes on writing.
create function room.fold_tallies() returns integer
language plpgsql as $$
declare
    v_folded integer := 0;
    v_room text;
    v_gone integer;
begin
    if not pg_try_advisory_xact_lock(hashtext('room.fold_tallies')) then
        return 0;
    end if;
    for v_room in select room from room.tallies group by room having count(*) > 50 loop
        with gone as (delete from room.tallies where room = v_room returning *),
             kept as (insert into room.tallies (room, what, times, units, amount_fen)
                      select room, what, sum(times), sum(units), sum(amount_fen) from gone group by 1, 2)
        select count(*) into v_gone from gone;
        v_folded := v_folded + v_gone;
    end loop;
    return v_folded;
end $$;

-- The lowest UUID version 7 of a moment: ids in time order make old rows a range of the primary key.
create function room.first_id_of(p_at timestamptz) returns uuid
language sql immutable as $$
    select (lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;

-- Clears what nobody needs any more, at most `p_most` rows of each kind, and gives how many of each. Never claims,
-- movements, payments or draws: they are evidence of contracts.
create function room.clear_old(p_replay_before timestamptz, p_refusals_before timestamptz, p_talk_before timestamptz, p_most integer)
returns table (presence bigint, events bigint, refusals bigint, messages bigint, reports bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    v_room record;
    v_cleared bigint;
begin
    events := 0;
    with gone as (delete from room.presence where seen_at < now() - interval '1 day' returning 1)
    select count(*) into presence from gone;

    for v_room in
        select r.room, r.events_cleared from room.rooms r
         where exists (select from room.events e where e.room = r.room and e.seq = r.events_cleared + 1
                          and e.announced_at < p_replay_before)
         order by r.room
    loop
        exit when events >= p_most;
        with gone as (
            delete from room.events e
             where e.room = v_room.room and e.announced_at < p_replay_before
               and e.seq <= v_room.events_cleared + p_most - events
               and e.seq < coalesce((select min(y.seq) from room.events y where y.room = v_room.room
                                        and y.announced_at >= p_replay_before), 9223372036854775807)
            returning 1)
        select count(*) into v_cleared from gone;
        update room.rooms set events_cleared = events_cleared + v_cleared where room = v_room.room;
        events := events + v_cleared;
    end loop;

    with old as (select attempt from room.answers
                  where attempt < room.first_id_of(p_refusals_before) and result in ('sold_out', 'limit_reached', 'not_on_sale')
                  order by attempt limit p_most),
         gone as (delete from room.answers a using old where a.attempt = old.attempt returning 1)
    select count(*) into refusals from gone;

    with old as (select message from room.messages where sent_at < p_talk_before order by sent_at limit p_most),
         gone as (delete from room.messages m using old where m.message = old.message returning 1)
    select count(*) into messages from gone;

    with old as (select report from room.reports where reported_at < p_talk_before and taken_at is not null limit p_most),
         gone as (delete from room.reports r using old where r.report = old.report returning 1)
    select count(*) into reports from gone;
    return next;
end $$;
