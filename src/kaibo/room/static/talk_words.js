// The words of chat's company: polls, pinned lines, answers, questions.
import { language } from "./words.js";

const zh = {
  pinned: "置顶", ask: "提问", asked: "已作为问题提交", answer: (q) => `问：${q}`, reply: (a) => `答：${a}`, shop: "店铺", auto: "自动回复",
  held: "（待审核，通过后大家才看得到）", muted: (u) => `你已被禁言，${u} 后可以再说话`, muted_short: (u) => `禁言中，到 ${u}`,
  not_to_speak: "你不能在这家店的直播间发言，购买不受影响", poll: "投票", votes: (n) => `${n} 票`, voted: "已投票", over: "投票结束", left: (s) => `还剩 ${s}`,
  a_already_voted: "你已经投过票了，每人一票", a_poll_closed: "投票已经结束", a_too_fast: "点得太快了，稍后再试", a_not_to_speak: "你不能参加这家店的投票", a_other: "没有投上，请再试一次", hide: "收起",
};
const en = {
  pinned: "Pinned", ask: "Ask", asked: "Sent as a question", answer: (q) => `Q: ${q}`, reply: (a) => `A: ${a}`, shop: "Shop", auto: "automatic",
  held: " (waits for approval; then everybody sees it)", muted: (u) => `You are muted until ${u}`, muted_short: (u) => `Muted until ${u}`,
  not_to_speak: "You may not speak in this shop's rooms; buying is not affected", poll: "Poll", votes: (n) => `${n} votes`, voted: "Voted", over: "The poll is over", left: (s) => `${s} left`,
  a_already_voted: "You have voted already; one vote each", a_poll_closed: "The poll is over", a_too_fast: "Too fast, try again in a moment", a_not_to_speak: "You may not take part in this shop's polls", a_other: "Your vote was not counted, please try again", hide: "Hide",
};
const words = language === "en" ? en : zh;

export function tt(name, ...values) {
  const word = words[name];
  return typeof word === "function" ? word(...values) : word;
}
