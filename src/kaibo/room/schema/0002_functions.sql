-- Numbers a reliable event and tells every room process about it when the transaction commits.
-- The room row stays locked until then, so events become visible in the order of their numbers.
create function room.announce(p_room text, p_kind text, p_body json) returns bigint
language plpgsql as $$
declare
    v_seq bigint;
begin
    update room.rooms set last_event = last_event + 1 where room = p_room returning last_event into v_seq;
    if v_seq is null then
        raise exception 'room % is not here', p_room using errcode = 'no_data_found';
    end if;
    insert into room.events (room, seq, kind, body) values (p_room, v_seq, p_kind, p_body);
    perform pg_notify('kaibo_room', p_room || ' ' || v_seq);
    return v_seq;
end $$;

-- Says how many units of the given items are left, where that is news. The levels are read after the room row
-- is locked, so the stream never tells an older level after a newer one, whichever process speaks.
create function room.announce_stock(p_room text, p_items uuid[]) returns integer
language plpgsql as $$
declare
    v_item record;
    v_told integer := 0;
begin
    perform 1 from room.rooms where room = p_room for no key update;
    for v_item in
        select i.item, i.left_units, i.stock_units
          from room.items i left join room.announced_stock s on s.item = i.item
         where i.room = p_room and i.item = any(p_items)
           and (s.item is null or s.left_units <> i.left_units or s.stock_units <> i.stock_units)
         order by i.item
    loop
        insert into room.announced_stock (item, left_units, stock_units)
             values (v_item.item, v_item.left_units, v_item.stock_units)
        on conflict (item) do update set left_units = excluded.left_units, stock_units = excluded.stock_units;
        perform room.announce(p_room, 'stock', json_build_object(
            'item', v_item.item, 'left', v_item.left_units, 'stock', v_item.stock_units));
        v_told := v_told + 1;
    end loop;
    return v_told;
end $$;

-- An item as viewers see it: in the snapshot and in each `item` event.
create function room.item_card(i room.items) returns json
language sql stable as $$
    select json_build_object(
        'item', i.item, 'sku_code', i.sku_code, 'title', i.title, 'image_url', i.image_url, 'price_fen', i.price_fen,
        'price_version', i.price_version, 'reference_price_fen', i.reference_price_fen, 'left', i.left_units,
        'stock', i.stock_units, 'limit_per_visitor', i.limit_per_visitor, 'position', i.position, 'state', i.state)
$$;

-- The snapshot, room.snapshot, stands in 0016_windows_and_one_snapshot.sql.

-- One process tells how many viewers it has and how many likes it collected, and learns the room's totals.
create function room.pulse(p_process uuid, p_room text, p_viewers integer, p_likes bigint)
returns table (viewers bigint, likes bigint)
language plpgsql as $$
#variable_conflict use_column
begin
    insert into room.presence (process, room, viewers, seen_at) values (p_process, p_room, p_viewers, now())
    on conflict (process, room) do update set viewers = excluded.viewers, seen_at = excluded.seen_at;
    if p_likes > 0 then
        update room.rooms set likes = likes + p_likes where room = p_room;
    end if;
    return query
        select coalesce((select sum(p.viewers) from room.presence p
                          where p.room = p_room and p.seen_at > now() - interval '15 seconds'), 0)::bigint, r.likes
          from room.rooms r where r.room = p_room;
end $$;
