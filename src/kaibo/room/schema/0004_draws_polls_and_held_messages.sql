-- Messages kept back wait for a person's decision.
alter table room.messages add column decided_at timestamptz;
alter table room.messages add column is_shown boolean;
alter table room.messages add check (decided_at is null or (verdict = 'review' and is_shown is not null));
create index messages_held on room.messages (room, message) where verdict = 'review' and decided_at is null;

-- The snapshot names open draws and polls from the first version on; there are none yet.
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
        'draws', '[]'::json, 'polls', '[]'::json)
      from room.rooms r where r.room = p_room
$$;
