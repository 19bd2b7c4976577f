// The room's picture: what is known is a snapshot with the events after it folded in, one by one.
const MOST_NOTICES = 20;
const MOST_ANSWERS = 5;

export function fold(picture, kind, body) {
  switch (kind) {
    case "item": upsert(picture.items, body); break;
    case "stock": case "price": Object.assign(find(picture, body.item) ?? {}, body); break;
    case "draw": put(picture.draws, "draw", body); break;
    case "coupon": put(picture.coupons, "coupon", body); break;
    case "poll": put(picture.polls, "poll", body); picture.polls = standing(picture.polls); break;
    case "answer": put(picture.answers, "question", body); picture.answers = picture.answers.slice(-MOST_ANSWERS); break;
    case "moderation": if (body.act === "pinned") picture.pinned = body.line; break;
    case "state": Object.assign(picture, body); break;
    case "notice": picture.notices = [...picture.notices, body].slice(-MOST_NOTICES); break;
    case "figures": picture.viewers = body.viewers; picture.likes = Math.max(picture.likes, body.likes); break;
    case "likes": picture.likes += body.count; break;
    default: return false;
  }
  return true;
}

export function find(picture, item) {
  return picture.items.find((one) => one.item === item);
}

// The one in front: what the host explains, else the first that can be bought, else the first at all.
export function current(picture) {
  return find(picture, picture.current_item) ?? picture.items.find((one) => one.state === "on_sale" && one.left > 0) ?? picture.items[0];
}

function upsert(items, item) {
  const at = items.findIndex((one) => one.item === item.item);
  if (at < 0) items.push(item); else items[at] = { ...items[at], ...item };
  items.sort((a, b) => a.position - b.position);
}

// Open polls and the latest one, as the snapshot has them.
function standing(polls) {
  polls.sort((a, b) => (a.opened_at < b.opened_at ? -1 : a.opened_at > b.opened_at ? 1 : a.poll < b.poll ? -1 : 1));
  return polls.filter((one, at) => one.state === "open" || at === polls.length - 1);
}

function put(list, key, one) {
  const at = list.findIndex((there) => there[key] === one[key]);
  if (at < 0) list.push(one); else list[at] = one;
}
