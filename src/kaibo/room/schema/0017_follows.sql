-- Who follows 关注 a shop: one row for each browser, taken away whole when it is undone (LIV-5; facts/law, personal data).

create table room.follows (
    shop text not null check (shop <> ''),
    visitor text not null,
    room text not null references room.rooms,
    followed_at timestamptz not null,
    primary key (shop, visitor)
);
create index follows_by_room on room.follows (room, shop);

-- Whose followers those of a room are: the shop's, or the room's own while it belongs to none.
create function room.followed_here(p_room text) returns text
language sql stable as $$
    select coalesce(nullif(r.shop, ''), r.room) from room.rooms r where r.room = p_room
$$;

create or replace function room.may_enter(p_eligibility text, p_room text, p_visitor text) returns boolean
language sql stable as $$
    select case p_eligibility
        when 'everyone' then true
        when 'followed' then exists (select 1 from room.follows f where f.shop = room.followed_here(p_room) and f.visitor = p_visitor)
        when 'commented' then exists (select 1 from room.messages m where m.room = p_room and m.visitor = p_visitor
                                       and (m.verdict = 'pass' or m.is_shown))
        when 'claimed' then exists (select 1 from room.answers a where a.room = p_room and a.visitor = p_visitor
                                     and a.result = 'claimed' and a.returned_units < a.quantity)
        else false end
$$;
alter table room.draws drop constraint draws_eligibility_check;
alter table room.draws add constraint draws_eligibility_check check (eligibility in ('everyone', 'followed', 'commented', 'claimed'));
