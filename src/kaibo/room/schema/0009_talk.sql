-- Talk: moderation, questions, polls, automatic replies and the house's own words (LIV-9, CMP-9).
-- Lock order: the room row, then polls (by id), then votes, then poll options. See docs/room.md.

alter table room.rooms add column shop text not null default '';
alter table room.messages add column is_question boolean not null default false;
alter table room.messages add column question uuid;
alter table room.messages add column speaker text not null default 'visitor' check (speaker in ('visitor', 'shop', 'auto'));
create index messages_uncollected on room.messages (room, message) where is_question and question is null;
create index messages_old on room.messages (sent_at);

-- A kind of event is a plain word; which ones there are stands in the wire contract.
alter table room.events drop constraint if exists events_kind_check;
alter table room.events add constraint events_kind_check check (kind ~ '^[a-z_]{2,24}$');

-- Raised with every change of the rules below, so that a process whose notice was lost finds out by looking.
create table room.talk_version (
    one boolean primary key default true check (one),
    version bigint not null
);

-- The words this house adds to the packaged lexicon, or lets pass; replaced as a whole.
create table room.house_words (
    one boolean primary key default true check (one),
    version bigint not null,
    words json not null,
    published_at timestamptz not null default now()
);

create table room.mutes (
    room text not null references room.rooms,
    visitor text not null,
    nickname text not null default '',
    reason text not null default '',
    until timestamptz not null,
    muted_by text not null,
    muted_at timestamptz not null default now(),
    primary key (room, visitor)
);

-- Whoever stands here may watch and buy in every room of the shop, and say nothing.
create table room.blocks (
    shop text not null,
    visitor text not null,
    nickname text not null default '',
    reason text not null check (reason <> ''),
    blocked_by text not null,
    blocked_at timestamptz not null default now(),
    primary key (shop, visitor)
);

-- A removed message stays on record; it is only no longer shown. It may be removed before its own row is written.
create table room.removals (
    message uuid primary key,
    room text not null references room.rooms,
    reason text not null check (reason <> ''),
    removed_by text not null,
    removed_at timestamptz not null default now(),
    restored_at timestamptz
);
create index removals_by_room on room.removals (room, removed_at);

create table room.pins (
    room text primary key references room.rooms,
    message uuid not null,
    visitor text not null,
    nickname text not null,
    text text not null,
    speaker text not null,
    pinned_by text not null,
    pinned_at timestamptz not null default now()
);

create table room.questions (
    question uuid primary key,
    room text not null references room.rooms,
    text text not null check (text <> ''),
    topics text[] not null,
    words text[] not null,
    state text not null default 'open' check (state in ('open', 'answered', 'dismissed')),
    first_asked_at timestamptz not null,
    last_asked_at timestamptz not null,
    answer text not null default '',
    answered_by text not null default '',
    answered_at timestamptz,
    check ((state = 'open') = (answered_at is null))
);
create index questions_by_room on room.questions (room, state);

create table room.askers (
    question uuid not null references room.questions,
    visitor text not null,
    message uuid not null,
    primary key (question, visitor)
);

create table room.auto_replies (
    reply uuid primary key,
    shop text not null,
    keywords text[] not null check (cardinality(keywords) > 0),
    text text not null check (text <> ''),
    cooldown_seconds integer not null check (cooldown_seconds > 0)
);

create table room.auto_reply_uses (
    room text not null references room.rooms,
    reply uuid not null,
    used_at timestamptz not null,
    uses bigint not null default 1,
    primary key (room, reply)
);

create table room.polls (
    poll uuid primary key,
    room text not null references room.rooms,
    title text not null check (title <> ''),
    state text not null default 'open' check (state in ('open', 'closed')),
    opened_at timestamptz not null default clock_timestamp(),
    closes_at timestamptz,
    closed_at timestamptz,
    check ((state = 'closed') = (closed_at is not null)),
    check (closes_at > opened_at)
);
create index polls_by_room on room.polls (room, opened_at);
create index polls_to_close on room.polls (closes_at) where state = 'open' and closes_at is not null;

create table room.poll_options (
    poll uuid not null references room.polls,
    option smallint not null check (option between 1 and 6),
    title text not null check (title <> ''),
    votes bigint not null default 0 check (votes >= 0),
    primary key (poll, option)
);

create table room.votes (
    poll uuid not null,
    visitor text not null,
    option smallint not null,
    voted_at timestamptz not null,
    primary key (poll, visitor),
    foreign key (poll, option) references room.poll_options
);

create table room.announced_polls (
    poll uuid primary key references room.polls,
    votes bigint not null
);

-- Tells every room process that a rule of the talk changed (mutes, blocks, words, automatic replies).
create function room.talk_changed() returns void
language plpgsql as $$
begin
    insert into room.talk_version as v (one, version) values (true, 1)
    on conflict (one) do update set version = v.version + 1;
    perform pg_notify('kaibo_talk', '{"what":"rules"}');
end $$;

-- A poll as viewers see it: in the snapshot and in each `poll` event.
create function room.poll_card(p room.polls) returns json
language sql stable as $$
    select json_build_object(
        'poll', p.poll, 'title', p.title, 'state', p.state, 'opened_at', p.opened_at, 'closes_at', p.closes_at,
        'votes', coalesce(sum(o.votes), 0),
        'options', coalesce(json_agg(json_build_object('option', o.option, 'title', o.title, 'votes', o.votes)
                                     order by o.option), '[]'::json))
      from room.poll_options o where o.poll = p.poll
$$;

-- One call commits one batch of votes. One vote for each visitor and poll: the first counts, the same one again is
-- the same answer. Closing waits for the batch in flight, and a batch after it is refused.
create function room.cast_votes(p_polls uuid[], p_rooms text[], p_visitors text[], p_options smallint[])
returns table (no integer, result text, option smallint)
language plpgsql as $$
#variable_conflict use_column
declare
    v_now timestamptz;
begin
    perform 1 from room.polls p where p.poll = any(p_polls) order by p.poll for share;
    v_now := clock_timestamp();
    with cast_now as (
        insert into room.votes (poll, visitor, option, voted_at)
        select distinct on (a.poll, a.visitor) a.poll, a.visitor, a.option, v_now
          from unnest(p_polls, p_rooms, p_visitors, p_options) with ordinality as a(poll, room, visitor, option, n)
          join room.polls p on p.poll = a.poll and p.room = a.room and p.state = 'open'
                           and (p.closes_at is null or v_now < p.closes_at)
          join room.poll_options o on o.poll = a.poll and o.option = a.option
         order by a.poll, a.visitor, a.n
        on conflict (poll, visitor) do nothing
        returning poll, option
    ), counted as (
        select poll, option, count(*) as votes from cast_now group by poll, option
    ), locked as (
        select o.poll, o.option, c.votes from room.poll_options o join counted c on c.poll = o.poll and c.option = o.option
         order by o.poll, o.option for no key update of o
    )
    update room.poll_options o set votes = o.votes + l.votes
      from locked l where o.poll = l.poll and o.option = l.option;
    return query
        select a.n::integer,
               case when p.poll is null then 'no_such_poll'
                    when v.option = a.option then 'voted'
                    when v.option is not null then 'already_voted'
                    when o.option is null then 'no_such_option'
                    else 'poll_closed' end,
               v.option
          from unnest(p_polls, p_rooms, p_visitors, p_options) with ordinality as a(poll, room, visitor, option, n)
          left join room.polls p on p.poll = a.poll and p.room = a.room
          left join room.votes v on v.poll = p.poll and v.visitor = a.visitor
          left join room.poll_options o on o.poll = p.poll and o.option = a.option;
end $$;

-- Says how the given polls stand, where that is news; numbered under the room's lock, so never an older count after a newer.
create function room.announce_polls(p_room text, p_polls uuid[]) returns integer
language plpgsql as $$
declare
    v_poll record;
    v_told integer := 0;
begin
    perform 1 from room.rooms where room = p_room for no key update;
    for v_poll in
        select p.poll, room.poll_card(p) as card, s.votes
          from room.polls p
          join lateral (select coalesce(sum(o.votes), 0) as votes from room.poll_options o where o.poll = p.poll) s on true
          left join room.announced_polls a on a.poll = p.poll
         where p.room = p_room and p.poll = any(p_polls) and p.state = 'open' and s.votes is distinct from a.votes
         order by p.poll
    loop
        insert into room.announced_polls (poll, votes) values (v_poll.poll, v_poll.votes)
        on conflict (poll) do update set votes = excluded.votes;
        perform room.announce(p_room, 'poll', v_poll.card);
        v_told := v_told + 1;
    end loop;
    return v_told;
end $$;

create function room.answer_card(q room.questions) returns json
language sql stable as $$
    select json_build_object('question', q.question, 'text', q.text, 'answer', q.answer, 'answered_at', q.answered_at,
        'asked', (select count(*) from room.askers a where a.question = q.question))
$$;

create function room.pin_card(p room.pins) returns json
language sql immutable as $$
    select json_build_object('message', p.message, 'visitor', p.visitor, 'nickname', p.nickname, 'text', p.text, 'by', p.speaker)
$$;
