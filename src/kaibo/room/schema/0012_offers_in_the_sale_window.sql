-- Gives units on sale to who waits, in the order of arrival, each as a claim of its own. After it, an item on sale has
-- no units left or nobody waiting. Who wants more than there is gets what there is. The caller holds the item's row.
-- Units that come back outside an item's sale window are offered to nobody: the sale is over, or has not begun.
create or replace function room.offer_waiting(p_item uuid, p_now timestamptz) returns integer
language plpgsql as $$
declare
    v_item record;
    v_head record;
    v_held bigint;
    v_units bigint;
    v_claim uuid;
    v_offered integer := 0;
begin
    loop
        select i.room, room.sells_at(i, p_now) as sells, i.left_units, i.price_fen, i.price_version, i.limit_per_visitor, r.pay_within_seconds
          into v_item from room.items i join room.rooms r on r.room = i.room where i.item = p_item;
        exit when v_item.sells is not true or v_item.left_units = 0;
        select w.place, w.visitor, w.quantity into v_head from room.waitlist w
         where w.item = p_item and w.state = 'waiting' order by w.place limit 1 for update;
        exit when not found;
        v_units := least(v_head.quantity, v_item.left_units);
        if v_item.limit_per_visitor is not null then
            select coalesce(sum(u.units), 0) into v_held from room.visitor_units u
             where u.item = p_item and u.visitor = v_head.visitor;
            v_units := least(v_units, v_item.limit_per_visitor - v_held);
        end if;
        if v_units <= 0 then
            update room.waitlist set state = 'limit_reached', ended_at = p_now where place = v_head.place;
            continue;
        end if;
        v_claim := gen_random_uuid();
        insert into room.answers (attempt, room, visitor, key, item, quantity, result, unit_price_fen, price_version, answered_at, pay_by)
        values (v_claim, v_item.room, v_head.visitor, 'waitlist:' || v_claim, p_item, v_units, 'claimed', v_item.price_fen,
                v_item.price_version, p_now, p_now + make_interval(secs => v_item.pay_within_seconds));
        update room.items set claimed_units = claimed_units + v_units, left_units = left_units - v_units where item = p_item;
        insert into room.movements (item, kind, units, moved_at) values (p_item, 'claimed', v_units, p_now);
        if v_item.limit_per_visitor is not null then
            insert into room.visitor_units (item, visitor, units) values (p_item, v_head.visitor, v_units)
            on conflict (item, visitor) do update set units = room.visitor_units.units + excluded.units;
        end if;
        update room.waitlist set state = 'offered', ended_at = p_now, claim = v_claim where place = v_head.place;
        v_offered := v_offered + 1;
    end loop;
    return v_offered;
end $$;
