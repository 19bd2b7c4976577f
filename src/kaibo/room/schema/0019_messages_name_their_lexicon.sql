-- Which version of the words judged a message: one, the one in force when it came (CMP-4, CMP-9).
alter table room.messages add column lexicon text not null default '';
