-- Sale windows: half open, at the ledger's clock; an empty end is open.
alter table room.items add column opens_at timestamptz;
alter table room.items add column closes_at timestamptz;
alter table room.items add constraint a_sale_opens_before_it_closes check (closes_at > opens_at);

create function room.sells_at(i room.items, p_now timestamptz) returns boolean
language sql stable as $$
    select i.state = 'on_sale' and coalesce(i.opens_at <= p_now, true) and coalesce(p_now < i.closes_at, true)
$$;

-- An item as viewers see it: in the snapshot and in each `item` event.
create or replace function room.item_card(i room.items) returns json
language sql stable as $$
    select json_build_object(
        'item', i.item, 'sku_code', i.sku_code, 'title', i.title, 'image_url', i.image_url, 'price_fen', i.price_fen,
        'price_version', i.price_version, 'reference_price_fen', i.reference_price_fen, 'left', i.left_units,
        'stock', i.stock_units, 'limit_per_visitor', i.limit_per_visitor, 'position', i.position, 'state', i.state,
        'opens_at', i.opens_at, 'closes_at', i.closes_at)
$$;

-- The claim ledger: one call commits one batch (LIV-4, LIV-11).
--
-- Each position of the arrays is one ask, in the order of arrival; keys are distinct within a call. `p_item_no` points
-- into `p_touched` and `p_rooms`, the distinct items and the rooms they are asked for in, so that the running levels are
-- plain arrays. `p_repeats` counts further asks with the same key and body that wait for the same answer; when nobody
-- waits it is empty. To keep answers small, a fresh claim has no row of its own: the rows are one for each touched item
-- (n = −number, with its price, time to pay and units left) and one for each ask with any other answer.
--
-- Admission: an item that is not on sale, or outside its sale window at the ledger's clock, refuses; then too few units refuse; then the visitor's limit refuses;
-- else the ask is admitted. A key that already has an answer gets that answer, and moves nothing.
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
    v_item record;
    v_no integer;
    v_quantity integer;
begin
    -- Locked in the order of the item id; every statement below sees what other writers committed before the lock.
    perform 1 from room.items i where i.item = any(p_touched) order by i.item for no key update;
    v_now := clock_timestamp();

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

-- The quick refusal while an item is known to be sold out: takes no lock and waits for no disk, since a refusal sells
-- nothing. Still every answer is true: units that came back make the ask 'undecided', and a known key keeps its answer.
create or replace function room.refuse_sold_out(
    p_rooms text[], p_visitors text[], p_keys text[], p_items uuid[], p_quantities integer[], p_attempts uuid[])
returns table (result text, claim uuid, unit_price_fen bigint, pay_by timestamptz, is_repeat boolean)
language plpgsql as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    insert into room.answers (attempt, room, visitor, key, item, quantity, result, answered_at)
    select t.attempt, t.room, t.visitor, t.key, t.item, t.quantity,
           case when room.sells_at(i, clock_timestamp()) then 'sold_out' else 'not_on_sale' end, clock_timestamp()
      from unnest(p_attempts, p_rooms, p_visitors, p_keys, p_items, p_quantities)
           as t(attempt, room, visitor, key, item, quantity)
      join room.items i on i.item = t.item and i.room = t.room and (i.left_units < t.quantity or not room.sells_at(i, clock_timestamp()))
     order by t.room, t.visitor, t.key
        on conflict (room, visitor, key) do nothing;

    update room.answers a set answered_again = a.answered_again + 1
      from unnest(p_attempts, p_rooms, p_visitors, p_keys, p_items, p_quantities)
           as t(attempt, room, visitor, key, item, quantity)
     where a.room = t.room and a.visitor = t.visitor and a.key = t.key and a.attempt <> t.attempt
       and a.item = t.item and a.quantity = t.quantity;

    return query
        select case when a.attempt is null then 'undecided'
                    when a.item <> t.item or a.quantity <> t.quantity then 'key_reused' else a.result end,
               a.attempt, a.unit_price_fen, a.pay_by, coalesce(a.attempt <> t.attempt, false)
          from unnest(p_attempts, p_rooms, p_visitors, p_keys, p_items, p_quantities)
               with ordinality as t(attempt, room, visitor, key, item, quantity, n)
          left join room.answers a on a.room = t.room and a.visitor = t.visitor and a.key = t.key
         order by t.n;
end $$;
