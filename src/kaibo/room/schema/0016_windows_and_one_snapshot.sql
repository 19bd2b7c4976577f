-- Who waited is served when a sale window opens again (LIV-4), and the room's snapshot is one function.

-- The claim ledger: one call commits one batch (LIV-4, LIV-11).
--
-- Each position of the arrays is one ask, in the order of arrival; keys are distinct within a call. `p_item_no` points
-- into `p_touched` and `p_rooms`, the distinct items and the rooms they are asked for in, so that the running levels are
-- plain arrays. `p_repeats` counts further asks with the same key and body that wait for the same answer; when nobody
-- waits it is empty. To keep answers small, a fresh claim has no row of its own: the rows are one for each touched item
-- (n = −number, with its price, time to pay and units left) and one for each ask with any other answer.
--
-- Admission: an item that is not on sale, or outside its sale window at the ledger's clock, refuses; then too few units refuse; then the visitor's limit refuses;
-- else the ask is admitted. A key that already has an answer gets that answer, and moves nothing. Where a window has opened by
-- the clock and units came back while it was shut, who waits is served before this crowd.
create or replace function room.admit(
    p_touched uuid[], p_rooms text[], p_item_no integer[], p_visitors text[], p_keys text[],
    p_quantities integer[], p_attempts uuid[], p_repeats integer[])
returns table (n integer, result text, claim uuid, unit_price_fen bigint, pay_by timestamptz, is_repeat boolean, left_units bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_left bigint[] := array_fill(0::bigint, array[cardinality(p_touched)]);
    v_start bigint[];
    v_price bigint[] := array_fill(0::bigint, array[cardinality(p_touched)]);
    v_version integer[] := array_fill(0, array[cardinality(p_touched)]);
    v_limit integer[] := array_fill(null::integer, array[cardinality(p_touched)]);
    v_room text[] := array_fill(null::text, array[cardinality(p_touched)]);
    v_pay_by timestamptz[] := array_fill(null::timestamptz, array[cardinality(p_touched)]);
    v_held bigint[];
    v_pair integer[];
    v_results text[] := array_fill(null::text, array[cardinality(p_keys)]);
    v_known boolean := false;
    v_limited boolean := false;
    v_opened boolean;
    v_item record;
    v_no integer;
    v_quantity integer;
begin
    -- Locked in the order of the item id; every statement below sees what other writers committed before the lock.
    select bool_or(l.opens_at is not null and l.left_units > 0) into v_opened
      from (select i.opens_at, i.left_units from room.items i where i.item = any(p_touched) order by i.item for no key update) l;
    v_now := clock_timestamp();
    if v_opened then
        perform room.offer_waiting(t.item, v_now) from unnest(p_touched) as t(item);
    end if;

    for v_item in
        select t.no, i.room, room.sells_at(i, v_now) as sells, i.left_units, i.price_fen, i.price_version, i.limit_per_visitor,
               v_now + make_interval(secs => r.pay_within_seconds) as pay_by
          from unnest(p_touched) with ordinality as t(item, no)
          join room.items i on i.item = t.item join room.rooms r on r.room = i.room
    loop
        if v_item.sells and v_item.room = p_rooms[v_item.no] then
            v_room[v_item.no] := v_item.room;
        end if;
        v_left[v_item.no] := v_item.left_units;
        v_price[v_item.no] := v_item.price_fen;
        v_version[v_item.no] := v_item.price_version;
        v_limit[v_item.no] := v_item.limit_per_visitor;
        v_pay_by[v_item.no] := v_item.pay_by;
        v_limited := v_limited or v_item.limit_per_visitor is not null;
    end loop;
    v_start := v_left;

    -- Known keys keep their answer: their result starts as 'known' and is skipped below.
    for v_no in
        select t.n from unnest(p_item_no, p_visitors, p_keys) with ordinality as t(no, visitor, key, n)
          join room.answers a on a.room = p_rooms[t.no] and a.visitor = t.visitor and a.key = t.key
    loop
        v_results[v_no] := 'known';
        v_known := true;
    end loop;

    if v_limited then
        select array_agg(t.pair order by t.n) into v_pair
          from (select u.n, dense_rank() over (order by u.no, u.visitor)::integer as pair
                  from unnest(p_item_no, p_visitors) with ordinality as u(no, visitor, n)) t;
        select array_agg(coalesce(h.units, 0) order by pair.no) into v_held
          from (select distinct on (t.no) t.no, t.visitor, p_touched[t.item_no] as item
                  from unnest(v_pair, p_item_no, p_visitors) as t(no, item_no, visitor)) pair
          left join room.visitor_units h on h.item = pair.item and h.visitor = pair.visitor;
    end if;

    for k in 1 .. cardinality(p_keys) loop
        continue when v_results[k] is not null;
        v_no := p_item_no[k];
        v_quantity := p_quantities[k];
        if v_room[v_no] is null then
            v_results[k] := 'not_on_sale';
        elsif v_left[v_no] < v_quantity then
            v_results[k] := 'sold_out';
        elsif v_limit[v_no] is null then
            v_results[k] := 'claimed';
            v_left[v_no] := v_left[v_no] - v_quantity;
        elsif v_held[v_pair[k]] + v_quantity > v_limit[v_no] then
            v_results[k] := 'limit_reached';
        else
            v_results[k] := 'claimed';
            v_left[v_no] := v_left[v_no] - v_quantity;
            v_held[v_pair[k]] := v_held[v_pair[k]] + v_quantity;
        end if;
    end loop;

    insert into room.answers (attempt, room, visitor, key, item, quantity, result, unit_price_fen, price_version,
                              answered_at, pay_by, answered_again)
    select t.attempt, p_rooms[t.no], t.visitor, t.key, p_touched[t.no], t.quantity, t.result,
           case when t.result = 'claimed' then v_price[t.no] end,
           case when t.result = 'claimed' then v_version[t.no] end, v_now,
           case when t.result = 'claimed' then v_pay_by[t.no] end, coalesce(t.repeats, 0)
      from unnest(p_attempts, p_visitors, p_keys, p_item_no, p_quantities, v_results, p_repeats)
           as t(attempt, visitor, key, no, quantity, result, repeats)
     where t.result <> 'known';

    for v_no in 1 .. cardinality(p_touched) loop
        continue when v_left[v_no] = v_start[v_no];
        update room.items i
           set claimed_units = i.claimed_units + v_start[v_no] - v_left[v_no], left_units = v_left[v_no]
         where i.item = p_touched[v_no];
        insert into room.movements (item, kind, units, moved_at)
             values (p_touched[v_no], 'claimed', v_start[v_no] - v_left[v_no], v_now);
    end loop;

    if v_limited then
        insert into room.visitor_units (item, visitor, units)
        select p_touched[t.no], t.visitor, sum(t.quantity)
          from unnest(p_item_no, p_visitors, p_quantities, v_results) as t(no, visitor, quantity, result)
         where t.result = 'claimed' and v_limit[t.no] is not null
         group by 1, 2 order by 1, 2
        on conflict (item, visitor) do update set units = room.visitor_units.units + excluded.units;
    end if;

    return query
        select -t.no::integer, null::text, null::uuid, v_price[t.no], v_pay_by[t.no], false, v_left[t.no]
          from generate_series(1, cardinality(p_touched)) as t(no);
    return query
        select t.n::integer, t.result, t.attempt, null::bigint, null::timestamptz, false, v_left[t.no]
          from unnest(v_results, p_attempts, p_item_no) with ordinality as t(result, attempt, no, n)
         where t.result <> 'claimed' and t.result <> 'known';
    if not v_known then
        return;
    end if;

    -- A stored answer with our own attempt id is this very batch sent again after a lost connection: not a repeat.
    update room.answers a set answered_again = a.answered_again + coalesce(t.repeats, 0) + 1
      from unnest(p_attempts, p_visitors, p_keys, p_item_no, p_quantities, v_results, p_repeats)
           as t(attempt, visitor, key, no, quantity, result, repeats)
     where t.result = 'known' and a.room = p_rooms[t.no] and a.visitor = t.visitor and a.key = t.key
       and a.attempt <> t.attempt and a.item = p_touched[t.no] and a.quantity = t.quantity;

    return query
        select t.n::integer,
               case when a.item <> p_touched[t.no] or a.quantity <> t.quantity then 'key_reused' else a.result end,
               a.attempt, a.unit_price_fen, a.pay_by, a.attempt <> t.attempt, v_left[t.no]
          from unnest(p_attempts, p_visitors, p_keys, p_item_no, p_quantities, v_results)
               with ordinality as t(attempt, visitor, key, no, quantity, result, n)
          join room.answers a on a.room = p_rooms[t.no] and a.visitor = t.visitor and a.key = t.key
         where t.result = 'known';
end $$;

-- Windows that open by the clock: units that came back while a window was shut go to who waited, the moment it opens. Each
-- room process asks twice a second; whoever claims first asks for its own items (room.admit). Gives the items whose level moved.
create index items_that_open_by_the_clock on room.items (opens_at) where opens_at is not null and state = 'on_sale';

create function room.offer_at_opening(p_now timestamptz default null) returns setof uuid
language plpgsql as $$
declare
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_item uuid;
begin
    for v_item in
        select i.item from room.items i
         where i.opens_at <= v_now and i.state = 'on_sale' and i.left_units > 0
           and exists (select 1 from room.waitlist w where w.item = i.item and w.state = 'waiting')
         order by i.item for no key update of i
    loop
        if room.offer_waiting(v_item, v_now) > 0 then
            return next v_item;
        end if;
    end loop;
end $$;

-- The whole room as somebody who comes now must see it; events after `last_event_id` bring it up to date.
create or replace function room.snapshot(p_room text) returns json
language sql stable as $$
    select json_build_object(
        'room', r.room, 'title', r.title, 'operator', r.operator, 'host', r.host, 'company', r.company,
        'video_url', r.video_url, 'state', r.state, 'starts_at', r.starts_at, 'current_item', r.current_item,
        'is_bench', r.is_bench, 'likes', r.likes, 'last_event_id', r.last_event,
        'items', coalesce((select json_agg(room.item_card(i) order by i.position, i.put_up_at, i.item)
                             from room.items i where i.room = r.room), '[]'::json),
        'notices', coalesce((select json_agg(n order by n.posted_at)
                               from (select notice, text, posted_at from room.notices where room = r.room
                                      order by posted_at desc limit 20) n), '[]'::json),
        'draws', room.open_draws(r.room),
        'polls', coalesce((select json_agg(room.poll_card(p) order by p.opened_at, p.poll) from room.polls p
                            where p.room = r.room and (p.state = 'open' or p.poll = (
                                select l.poll from room.polls l where l.room = r.room order by l.opened_at desc, l.poll desc limit 1))),
                          '[]'::json),
        'pinned', (select room.pin_card(p) from room.pins p where p.room = r.room),
        'answers', coalesce((select json_agg(room.answer_card(q) order by q.answered_at)
                               from (select * from room.questions where room = r.room and state = 'answered' and answer <> ''
                                      order by answered_at desc limit 5) q), '[]'::json),
        'coupons', coalesce((select json_agg(room.coupon_card(c) order by c.issued_at, c.coupon)
                               from room.coupons c where c.room = r.room), '[]'::json))
      from room.rooms r where r.room = p_room
$$;
drop function if exists room.snapshot_without_coupons(text);
drop function if exists room.snapshot_without_talk(text);
drop function if exists room.snapshot_without_draws(text);
