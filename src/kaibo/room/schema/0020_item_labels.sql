-- What the law wants said beside an item (本品不能代替药物, 备案号 …), shown on its card (CMP-5, facts/law L1).
alter table room.items add column labels text[] not null default '{}';

create or replace function room.item_card(i room.items) returns json
language sql stable as $$
    select json_build_object(
        'item', i.item, 'sku_code', i.sku_code, 'title', i.title, 'image_url', i.image_url, 'price_fen', i.price_fen,
        'price_version', i.price_version, 'reference_price_fen', i.reference_price_fen, 'left', i.left_units,
        'stock', i.stock_units, 'limit_per_visitor', i.limit_per_visitor, 'position', i.position, 'state', i.state,
        'opens_at', i.opens_at, 'closes_at', i.closes_at, 'labels', i.labels)
$$;
