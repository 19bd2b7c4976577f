// All words of the page, Chinese first; English with ?lang=en.
const zh = {
  skip: "跳到商品", picture: "画面", chat: "聊天", close: "关闭", quantity: "数量", less: "减一件", more: "加一件",
  say: "说点什么…", send: "发送", goods: "商品", like: "赞", all_goods: "全部商品", my_claims: "我抢到的", about: "直播间信息",
  price_rule: "划线价为近 7 日最低成交价；成交价以抢到时页面显示的价格为准，抢到后不再变动。",
  room: "直播间", operator: "运营者", host: "主播", company: "公司",
  notice: "公告", draws: "抽奖",
  identity: (r) => [`运营者 ${r.operator}`, `主播 ${r.host}`, r.company === r.operator ? "" : r.company].filter(Boolean).join(" · "),
  about_button: (r) => `${r.title}，查看直播间信息`,
  live: "直播中", planned: "未开播", paused: "暂停中", ended: "已结束", viewers: (n) => `${n} 在看`,
  starts_at: (t) => `${t} 开播`, soon: "马上回来", no_picture: "画面准备中", over: "直播已结束，感谢观看",
  buy: "立即抢购", buying: "正在抢…", sold_out: "已抢光", not_on_sale: "还没开抢", closed: "已收场", retrying: "正在确认…",
  units: (n) => `${n} 件`, left: (l, s) => `剩 ${l} / ${s} 件`, few: (l) => `仅剩 ${l} 件`, limit: (n) => `每人限购 ${n} 件`,
  lowest: (p) => `近 7 日最低成交价 ${p}`, on_sale: "在售",
  got: (q, a, t) => `抢到了！${q} 件，共 ${a}。请在 ${t} 前付款`, pay_left: (t) => `，还剩 ${t}`,
  a_sold_out: "手慢了，已抢光。有人退单时会再放出来。", a_limit_reached: "已达到每人限购件数。", a_not_on_sale: "这件商品现在不在售。",
  a_too_fast: (n) => `点得太快了，${n} 秒后再试。`, a_queue_full: (n) => `人太多了，${n} 秒后会自动再试。`,
  a_lost: "网络断了，正在用同一编号确认，不会重复下单…", a_unknown: "暂时不能确认结果，请再点一次，不会重复下单。",
  a_ledger_away: "暂时无法下单，什么都没有卖出。", a_other: (m) => m,
  reconnecting: "连接断开，正在重连…", offline: "没有网络", blocked: (w) => `这句话不能发：${w}`, said_fast: (n) => `说得太快了，${n} 秒后再发`,
  not_sent: "没有发出去，请再试一次", item_of: (t) => `现在讲解：${t}`, pay_before: (t) => `请在 ${t} 前付款`, pay_over: "付款时间已过",
  no_room: "没有这个直播间", no_goods: "还没有上商品", guest: "观众",
  ai_host: "AI 数字人直播，并非真人", host_ai: (h) => `${h}（AI 数字人，并非真人）`, doors: "直播间服务", about_open: "营业与价格说明", licence_open: "营业执照", ad: "广告",
  licence: "统一社会信用代码", contact: "联系方式", service: "售后", service_link: "申请退换货或查询售后进度",
  service_rule: "签收后 7 天内可以无理由退货（定制、鲜活易腐和拆封的数字商品除外）；商家收到退货后 7 天内退款。",
  follow: "关注", following: "已关注", unfollow: "取消关注，记录随之删除", follow_why: "关注店铺，随时可以取消", share: "分享", copied: "链接已复制", report: "举报", report_title: "举报这个直播间", report_what: "问题是什么", report_send: "提交举报",
  report_item: (t) => `正在讲解：${t}`, report_more: "补充说明（可不填）", report_untrue: "虚假或夸大宣传", report_price: "价格不实",
  report_quality: "商品质量或假货", report_conduct: "主播言行不当", report_minor: "侵害未成年人", report_other: "其他",
  ships_in: (n) => `预售：付款后 ${n} 天内发货`, ships_on: (d) => `预售：${d} 前发货`,
  report_thanks: (n) => `已收到，编号 ${n}。运营者会核实处理。`, report_fast: (n) => `提交得太快了，${n} 秒后再试。`,
};
const en = {
  skip: "Skip to the product", picture: "Picture", chat: "Chat", close: "Close", quantity: "Quantity", less: "One less", more: "One more",
  say: "Say something…", send: "Send", goods: "Goods", like: "Like", all_goods: "All products", my_claims: "What I got", about: "About this room",
  price_rule: "A struck-through price is the lowest deal price of the last 7 days. You pay the price shown when your claim went through; it never changes afterwards.",
  room: "Live room", operator: "Operator", host: "Host", company: "Company",
  notice: "Notice", draws: "Draws",
  identity: (r) => [`Operator ${r.operator}`, `Host ${r.host}`, r.company === r.operator ? "" : r.company].filter(Boolean).join(" · "),
  about_button: (r) => `${r.title}, about this room`,
  live: "LIVE", planned: "Not live yet", paused: "Paused", ended: "Ended", viewers: (n) => `${n} watching`,
  starts_at: (t) => `Starts ${t}`, soon: "Back in a moment", no_picture: "Picture is being prepared", over: "The show is over, thank you for watching",
  buy: "Buy now", buying: "Claiming…", sold_out: "Sold out", not_on_sale: "Not on sale yet", closed: "Closed", retrying: "Confirming…",
  units: (n) => `${n} pcs`, left: (l, s) => `${l} of ${s} left`, few: (l) => `Only ${l} left`, limit: (n) => `Up to ${n} per person`,
  lowest: (p) => `lowest deal in 7 days ${p}`, on_sale: "On sale",
  got: (q, a, t) => `It is yours! ${q} pcs, ${a}. Pay before ${t}`, pay_left: (t) => `, ${t} left`,
  a_sold_out: "Sold out. Unpaid units come back on sale.", a_limit_reached: "You reached the limit per person.", a_not_on_sale: "This product is not on sale now.",
  a_too_fast: (n) => `Too fast; try again in ${n} s.`, a_queue_full: (n) => `Very busy; trying again in ${n} s.`,
  a_lost: "Connection lost; confirming under the same number, you will not buy twice…", a_unknown: "The outcome cannot be confirmed yet. Press again; you will not buy twice.",
  a_ledger_away: "Claims are not possible right now; nothing was sold.", a_other: (m) => m,
  reconnecting: "Connection lost, reconnecting…", offline: "You are offline", blocked: (w) => `This cannot be said: ${w}`, said_fast: (n) => `Too fast; wait ${n} s`,
  not_sent: "Not sent, please try again", item_of: (t) => `Now showing: ${t}`, pay_before: (t) => `Pay before ${t}`, pay_over: "The time to pay is over",
  no_room: "There is no such room", no_goods: "No products yet", guest: "Guest",
  ai_host: "AI-generated host, not a real person", host_ai: (h) => `${h} (AI-generated, not a real person)`, doors: "Services of this room", about_open: "Seller and prices", licence_open: "Licence", ad: "Ad",
  licence: "Credit code", contact: "Contact", service: "Returns", service_link: "Ask for a return or follow one",
  service_rule: "Returns without a reason within 7 days of delivery (not for custom-made, perishable or unsealed digital goods); refunded within 7 days of the goods' arrival.",
  follow: "Follow", following: "Following", unfollow: "Follow no longer; nothing of it is kept", follow_why: "Follow the shop; take it back any time", share: "Share", copied: "Link copied", report: "Report", report_title: "Report this room", report_what: "What is wrong?", report_send: "Send report",
  report_item: (t) => `Now shown: ${t}`, report_more: "More about it (optional)", report_untrue: "Untrue or exaggerated claims", report_price: "Untrue prices",
  report_quality: "Quality or counterfeit", report_conduct: "Conduct of the host", report_minor: "Harm to minors", report_other: "Something else",
  ships_in: (n) => `Pre-sale: ships within ${n} ${+n === 1 ? "day" : "days"} of payment`, ships_on: (d) => `Pre-sale: ships by ${d}`,
  report_thanks: (n) => `Received under number ${n}. The operator will look into it.`, report_fast: (n) => `Too fast; try again in ${n} s.`,
};

export const language = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "zh";
const words = language === "en" ? en : zh;

export function t(name, ...values) {
  const word = words[name];
  return typeof word === "function" ? word(...values) : word;
}

// What the law wants said comes as it was written; only promises of shipping have a form of their own that is read back.
export function labelled(text) {
  const [, days, day] = text.match(/^预售：(?:付款后 (\d+) 天内发货|(\d{4}-\d\d-\d\d) 前发货)$/) ?? [];
  return days ? t("ships_in", days) : day ? t("ships_on", day) : text;
}

export function translatePage() {
  document.documentElement.lang = language === "en" ? "en" : "zh-CN";
  const other = document.getElementById("language");
  if (other && language === "en") Object.assign(other, { textContent: "中文", href: location.pathname, lang: "zh-CN" });
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const node of document.querySelectorAll("[data-t-placeholder]")) node.placeholder = t(node.dataset.tPlaceholder);
}

export function yuan(fen) {
  const whole = Math.trunc(fen / 100).toLocaleString("en-US");
  const rest = fen % 100;
  return `¥${whole}${rest ? "." + String(rest).padStart(2, "0") : ""}`;
}

export function clock(moment, { withDay = false } = {}) {
  const parts = { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false };
  if (withDay) Object.assign(parts, { month: "2-digit", day: "2-digit" });
  const found = Object.fromEntries(new Intl.DateTimeFormat("zh-CN", parts).formatToParts(new Date(moment)).map((p) => [p.type, p.value]));
  return (withDay ? `${found.month}-${found.day} ` : "") + `${found.hour}:${found.minute}`;
}

export function shortCount(n) {
  if (n < 10000) return String(n);
  return language === "en" ? `${(n / 1000).toFixed(0)}k` : `${(n / 10000).toFixed(1)}万`;
}
