-- What an operator may do and by which paper, shown on the room's licence page (facts/law L2, L4). Each: title_zh, title_en, number, issuer,
-- until (the last day it holds, or null). Papers that ended are left out when the page is drawn.
alter table room.rooms add column permits jsonb not null default '[]' check (jsonb_typeof(permits) = 'array');
