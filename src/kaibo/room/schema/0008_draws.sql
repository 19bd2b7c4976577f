-- Draws 抽奖 (LIV-5, LIV-10): promised, frozen, drawn once. The protocol is docs/adr/0007-verifiable-draws.md.
-- Lock order: the room row, then the draw row, then entries, witnesses and places of that draw.

create table room.draws (
    draw uuid primary key,
    room text not null references room.rooms,
    title text not null check (title <> ''),
    rules text not null,
    rules_hash text not null check (rules_hash ~ '^[0-9a-f]{64}$'),
    kind text not null check (kind in ('witnesses', 'beacon')),
    eligibility text not null check (eligibility in ('everyone', 'commented', 'claimed')),
    house_secret text not null check (house_secret ~ '^([0-9a-f]{64})?$'),
    least_reveals integer not null check (least_reveals >= 0),
    claim_within_seconds bigint not null check (claim_within_seconds > 0),
    published_at timestamptz not null,
    opens_at timestamptz not null,
    closes_at timestamptz not null,
    draws_at timestamptz not null,
    state text not null default 'open' check (state in ('open', 'frozen', 'drawn', 'void')),
    frozen_at timestamptz,
    entrants integer,
    root text,
    freeze_text text,
    commitment text,
    reveal_until timestamptz,
    round bigint,
    drawn_at timestamptz,
    digest text,
    voided_at timestamptz,
    void_reason text not null default '',
    check (published_at <= opens_at and opens_at < closes_at and closes_at <= draws_at),
    check ((kind = 'witnesses') = (house_secret <> '')),
    check (state not in ('frozen', 'drawn') or (frozen_at >= closes_at and commitment is not null and freeze_text is not null and root is not null)),
    check ((state = 'drawn') = (drawn_at is not null and digest is not null)),
    check ((state = 'void') = (voided_at is not null and void_reason <> ''))
);
create index draws_by_room on room.draws (room, published_at);
create index draws_unfinished on room.draws (closes_at) where state in ('open', 'frozen');

create table room.draw_entries (
    draw uuid not null references room.draws,
    visitor text not null,
    entry uuid not null unique,
    name text not null,
    receipt text not null,
    seal text not null check (seal ~ '^[0-9a-f]{64}$'),
    entered_at timestamptz not null,
    primary key (draw, visitor)
);

create table room.draw_witnesses (
    draw uuid not null references room.draws,
    name text not null check (name <> ''),
    who text not null,
    kind text not null check (kind in ('viewer', 'staff')),
    commitment text not null check (commitment ~ '^[0-9a-f]{64}$'),
    committed_at timestamptz not null,
    secret text not null default '' check (secret ~ '^([0-9a-f]{64})?$'),
    revealed_at timestamptz,
    primary key (draw, name),
    unique (draw, who),
    unique (draw, commitment),
    check ((secret <> '') = (revealed_at is not null))
);

-- The published result, one for each draw and for ever: its key is what makes a second one impossible.
create table room.draw_files (
    draw uuid primary key references room.draws,
    file text not null,
    digest text not null
);

-- Who may claim which prize: winners wait, alternates stand by and step up in the published order.
create table room.draw_places (
    draw uuid not null references room.draws,
    place integer not null check (place > 0),
    entry uuid not null,
    visitor text not null,
    name text not null,
    prize integer,
    state text not null check (state in ('waiting', 'standby', 'claimed', 'forfeited')),
    claim_by timestamptz,
    claimed_at timestamptz,
    code text,
    forfeited_at timestamptz,
    steps_up_for integer,
    primary key (draw, place),
    unique (draw, entry),
    check ((state = 'standby') = (prize is null)),
    check ((state = 'standby') = (claim_by is null)),
    check ((state = 'claimed') = (claimed_at is not null and code is not null)),
    check ((state = 'forfeited') = (forfeited_at is not null))
);
create unique index a_prize_passes_on_once on room.draw_places (draw, steps_up_for) where steps_up_for is not null;
create index draw_places_waiting on room.draw_places (claim_by) where state = 'waiting';

-- What was promised stays as it was promised, and a draw only ever goes forward.
create function room.keep_draw() returns trigger
language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'a published draw is never deleted' using errcode = 'integrity_constraint_violation';
    end if;
    if (new.draw, new.room, new.rules, new.rules_hash, new.house_secret, new.kind, new.eligibility, new.published_at, new.opens_at, new.closes_at,
        new.draws_at, new.claim_within_seconds, new.least_reveals)
       is distinct from
       (old.draw, old.room, old.rules, old.rules_hash, old.house_secret, old.kind, old.eligibility, old.published_at, old.opens_at, old.closes_at,
        old.draws_at, old.claim_within_seconds, old.least_reveals)
    then
        raise exception 'the rules of a published draw do not change' using errcode = 'integrity_constraint_violation';
    end if;
    if old.state <> 'open' and (new.freeze_text, new.root, new.commitment, new.frozen_at, new.entrants, new.round, new.reveal_until)
       is distinct from (old.freeze_text, old.root, old.commitment, old.frozen_at, old.entrants, old.round, old.reveal_until)
    then
        raise exception 'a frozen list does not change' using errcode = 'integrity_constraint_violation';
    end if;
    if (old.state, new.state) not in (('open', 'frozen'), ('open', 'void'), ('frozen', 'drawn'), ('frozen', 'void')) then
        raise exception 'a draw does not go from % to %', old.state, new.state using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger keep_draw before update or delete on room.draws for each row execute function room.keep_draw();

create function room.keep_entries() returns trigger
language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        raise exception 'an entry is never changed' using errcode = 'integrity_constraint_violation';
    end if;
    perform 1 from room.draws where draw = new.draw and state = 'open' for key share;
    if not found then
        raise exception 'the list of draw % is frozen', new.draw using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger keep_entries before insert or update or delete on room.draw_entries for each row execute function room.keep_entries();

create function room.keep_witness() returns trigger
language plpgsql as $$
declare
    v_state text;
begin
    select state into v_state from room.draws where draw = coalesce(new.draw, old.draw) for key share;
    if tg_op = 'INSERT' and v_state = 'open' and new.secret = '' then
        return new;
    end if;
    if tg_op = 'UPDATE' and v_state = 'frozen' and old.secret = ''
       and (new.draw, new.name, new.who, new.kind, new.commitment, new.committed_at) is not distinct from
           (old.draw, old.name, old.who, old.kind, old.commitment, old.committed_at) then
        return new;
    end if;
    raise exception 'a witness promises before the freeze and shows after it, once' using errcode = 'integrity_constraint_violation';
end $$;
create trigger keep_witness before insert or update or delete on room.draw_witnesses for each row execute function room.keep_witness();

create function room.keep_file() returns trigger
language plpgsql as $$
begin
    raise exception 'a published result is never changed' using errcode = 'integrity_constraint_violation';
end $$;
create trigger keep_file before update or delete on room.draw_files for each row execute function room.keep_file();

-- One entry for each visitor. The draw row is held in share mode until the commit: the freeze waits for entries in
-- flight, and no entry begins after it.
create function room.enter_draw(p_room text, p_draw uuid, p_visitor text, p_name text, p_entry uuid, p_receipt text, p_seal text)
returns table (result text, entry uuid, receipt text, opens_at timestamptz, eligibility text)
language plpgsql as $$
#variable_conflict use_column
declare
    d room.draws;
    e room.draw_entries;
    v_now timestamptz;
begin
    select * into d from room.draws where draw = p_draw and room = p_room for key share;
    if not found then
        return query select 'no_such_draw', null::uuid, null::text, null::timestamptz, null::text;
        return;
    end if;
    v_now := clock_timestamp();
    select * into e from room.draw_entries where draw = p_draw and visitor = p_visitor;
    if found then
        return query select 'again', e.entry, e.receipt, d.opens_at, d.eligibility;
    elsif d.state = 'void' then
        return query select 'void', null::uuid, null::text, d.opens_at, d.eligibility;
    elsif d.state <> 'open' or v_now >= d.closes_at then
        return query select 'frozen', null::uuid, null::text, d.opens_at, d.eligibility;
    elsif v_now < d.opens_at then
        return query select 'too_early', null::uuid, null::text, d.opens_at, d.eligibility;
    elsif not room.may_enter(d.eligibility, p_room, p_visitor) then
        return query select 'not_eligible', null::uuid, null::text, d.opens_at, d.eligibility;
    else
        insert into room.draw_entries (draw, visitor, entry, name, receipt, seal, entered_at)
             values (p_draw, p_visitor, p_entry, p_name, p_receipt, p_seal, v_now)
        on conflict (draw, visitor) do nothing returning * into e;
        if found then
            return query select 'entered', e.entry, e.receipt, d.opens_at, d.eligibility;
        else
            select * into e from room.draw_entries where draw = p_draw and visitor = p_visitor;
            return query select 'again', e.entry, e.receipt, d.opens_at, d.eligibility;
        end if;
    end if;
end $$;

-- Who may take part, by what the room itself knows of the visitor.
create function room.may_enter(p_eligibility text, p_room text, p_visitor text) returns boolean
language sql stable as $$
    select case p_eligibility
        when 'everyone' then true
        when 'commented' then exists (select 1 from room.messages m where m.room = p_room and m.visitor = p_visitor
                                       and (m.verdict = 'pass' or m.is_shown))
        when 'claimed' then exists (select 1 from room.answers a where a.room = p_room and a.visitor = p_visitor
                                     and a.result = 'claimed' and a.returned_units < a.quantity)
        else false end
$$;

-- A draw as viewers see it: in the snapshot and in each `draw` event.
create function room.draw_card(d room.draws) returns json
language sql stable as $$
    select json_build_object(
        'draw', d.draw, 'title', d.title, 'state', d.state, 'kind', d.kind, 'eligibility', d.eligibility,
        'opens_at', d.opens_at, 'closes_at', d.closes_at, 'draws_at', d.draws_at, 'reveal_until', d.reveal_until, 'round', d.round,
        'prizes', d.rules::json -> 'prizes', 'conditions', d.rules::json ->> 'conditions', 'rules_hash', d.rules_hash,
        'entrants', d.entrants, 'root', d.root, 'commitment', d.commitment, 'digest', d.digest, 'void_reason', d.void_reason,
        'witnesses', (select count(*) from room.draw_witnesses w where w.draw = d.draw),
        'winners', coalesce((select json_agg(json_build_object('place', p.place, 'prize', p.prize, 'name', p.name, 'entry', p.entry,
                                                               'state', p.state, 'claim_by', p.claim_by) order by p.place)
                               from (select * from room.draw_places where draw = d.draw and state <> 'standby' order by place limit 50) p), '[]'::json))
$$;

create function room.announce_draw(p_draw uuid) returns bigint
language sql as $$
    select room.announce(d.room, 'draw', room.draw_card(d)) from room.draws d where d.draw = p_draw
$$;

-- Open draws, and finished ones for the day after: what a newcomer is shown.
create function room.open_draws(p_room text) returns json
language sql stable as $$
    select coalesce(json_agg(room.draw_card(d) order by d.published_at, d.draw), '[]'::json)
      from room.draws d
     where d.room = p_room and (d.state in ('open', 'frozen') or coalesce(d.drawn_at, d.voided_at) > now() - interval '1 day')
$$;
