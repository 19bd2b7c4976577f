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

-- The claim ledger, room.admit, stands in 0016_windows_and_one_snapshot.sql.

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
