// Words of draws, for the room and for the proof page: Chinese first, English with ?lang=en.
import { language } from "./words.js";

const zh = {
  draw: "抽奖", enter: "参与", entered: "✓ 已参与", entering: "正在报名…", rules: "规则与证明", opens_in: (t) => `${t} 后开始报名`, closes_in: (t) => `${t} 后截止`,
  closing: "名单冻结中…", draws_in: (n, t) => `${n} 人已冻结，${t} 后开奖`, drawing: (n) => `${n} 人已冻结，正在开奖…`, waiting: "等见证人公开随机数…",
  winners: (names) => `已开奖：${names}`, nobody: "已开奖：没有人参与", won: (prize, time) => `你中了「${prize}」！请在 ${time} 前领取`, claim: "领取", claimed: (prize, code) => `「${prize}」已领取，兑奖码 ${code}，发给客服即可寄出`,
  forfeited: "领取时间已过，奖品已由候补递补", void: (why) => `抽奖已作废：${why}`, prize_line: (p) => `${p.name} × ${p.count}`, and_more: (n) => `等 ${n} 人`,
  not_eligible: { followed: "点页面上方的“关注”后再来参与", commented: "先在直播间说句话，再来参与", claimed: "抢到商品后才能参与" }, frozen: "报名已截止", other: (m) => m || "没有成功，请再试一次",
  f_who: "参与范围", who_may: (one) => ({ everyone: "所有进入直播间的观众", followed: "关注了店铺的观众", commented: "在直播间发过言的观众", claimed: "抢到过商品的观众" })[one] ?? one,
  f_title: "抽奖", f_organiser: "主办方", f_contact: "联系方式", f_prizes: "奖品", f_conditions: "参与条件", f_method: "抽取方法", f_opens: "报名时间", f_draws: "开奖时间", f_claim: "领取", f_delivery: "发放", f_forfeiture: "弃奖", f_alternates: "候补", f_entropy: "随机来源",
  prize_full: (p, yuan) => `${p.name}（${p.detail}）× ${p.count}，每份价值 ${yuan}`, alternates: (n) => (n ? `${n} 位，按公布的顺序递补` : "不设候补，弃奖不再抽"), within: (t) => `中奖后 ${t} 内`,
  e_witnesses: (n, s) => `主办方与见证人各自先承诺、名单冻结后再公开随机数；至少 ${n} 位见证人公开，限时 ${s} 秒，主办方最后公开`, e_beacon: (c, p) => `公共随机信标 ${c.slice(0, 16)}…（每 ${p} 秒一轮），轮次由冻结时刻决定`,
  hours: (n) => `${n} 小时`, minutes: (n) => `${n} 分钟`, seconds: (n) => `${n} 秒`,
  // proof page
  p_title: "抽奖证明", p_question: "结果是不是真的按公布的规则算出来的？你可以在自己的浏览器里重算一遍。", p_verify: "在我的浏览器里重算", p_verifying: "正在重算…", p_file: "下载公示文件", p_choose: "验证我手上的文件", p_back: "回直播间",
  p_ok: (n, ms) => `✓ 全部属实。${n} 位参与者、名单根、承诺值、种子、中奖与候补都重新算过，用时 ${ms} 毫秒。`, p_bad: "✗ 有地方对不上：", p_self: "这个浏览器的 SHA-256 与本页的不一致，不能验证",
  p_before: "还没开奖。下面的规则指纹、承诺值公布后不会再变；先记下来，开奖后比对。", p_rules: "规则", p_frozen: "冻结记录", p_result: "结果", p_witnesses: "见证人", p_entrants: "参与名单", p_proof: "我在名单里吗？", p_trust: "你需要相信什么",
  k_rules_hash: "规则指纹", k_root: "名单 Merkle 根", k_commitment: "承诺值", k_frozen_at: "冻结时刻", k_entrants: "冻结人数", k_entries: "目前报名", k_seed: "种子", k_digest: "文件指纹", k_round: "信标轮次", k_drawn_at: "开奖时刻", k_value: "随机值",
  p_find: "输入参与编号", p_check: "查证", p_included: (n, size) => `✓ 在冻结名单第 ${n} 位，共 ${size} 位，已用 Merkle 路径在本机验证`, p_excluded: "✗ 路径与公布的根不符", p_unknown: "冻结名单里没有这个编号", p_mine: "我的参与编号", p_receipt: "凭据（只有你有）", p_receipt_ok: "凭据与名单里的封印一致", p_receipt_bad: "凭据与名单里的封印不一致",
  p_known_entry: "名单只公布参与编号和隐去的昵称。", p_announced: "与你开奖前记下的承诺值一致", p_saved: "你的浏览器在开奖前记下的承诺值", p_place: "名次", p_who: "参与者", p_prize: "奖品", p_state: "状态", p_rank: "排序值", p_alternate: "候补", p_nobody: "没有人参与",
  s_waiting: "待领取", s_claimed: "已领取", s_forfeited: "未领取", s_standby: "候补", w_shown: "已公开", w_absent: "未公开", w_promised: "已承诺", kind_viewer: "观众", kind_staff: "工作人员",
  w_become: "我来当见证人", w_name: "见证人名字", w_explain: "你的浏览器先生成一个秘密随机数，只公布它的指纹；名单冻结后再公开。只要有一位见证人是真的，谁也不能预先安排结果。请在开奖前保持本页或直播间打开。", w_done: (n) => `你是见证人「${n}」，名单冻结后会自动公开`, w_shown_done: (n) => `你是见证人「${n}」，随机数已公开`, w_lost: (n) => `你是见证人「${n}」，但这台设备上没有当初的秘密`,
  t_witnesses: "至少一位见证人（或主办方自己）的随机数事先没有泄露给想作弊的人。主办方与某位“未公开”的见证人串通时，最多能在两个结果里选一个——所以未公开的人会写在这里。", t_beacon: "本页检查了轮次、随机值与签名指纹，没有检查信标的 BLS 签名；请把随机值与信标官网公布的这一轮比对，一致就谁也没能改。", t_names: "公布编号与真人的对应由主办方保存；中奖者可以出示自己的凭据来证明。报名的人是不是真人，名单证明不了。",
  t_absent: (names) => `没有公开随机数的见证人：${names}`, p_compare: "与信标比对", p_compare_ok: "✓ 信标公布的随机值与文件一致", p_compare_bad: "✗ 信标公布的随机值与文件不一致", p_compare_away: "现在连不上信标，可稍后手工比对", no_draw: "没有这个抽奖", away: "暂时读不到，请刷新",
  st_open: "报名中", st_frozen: "名单已冻结", st_drawn: "已开奖", st_void: "已作废",
};
const en = {
  draw: "Draw", enter: "Enter", entered: "✓ Entered", entering: "Entering…", rules: "Rules and proof", opens_in: (t) => `Entries open in ${t}`, closes_in: (t) => `${t} left to enter`,
  closing: "Freezing the list…", draws_in: (n, t) => `${n} entrants frozen, draw in ${t}`, drawing: (n) => `${n} entrants frozen, drawing…`, waiting: "Waiting for the witnesses…",
  winners: (names) => `Drawn: ${names}`, nobody: "Drawn: nobody entered", won: (prize, time) => `You won “${prize}”! Claim it before ${time}`, claim: "Claim", claimed: (prize, code) => `“${prize}” claimed. Give customer service the code ${code}`,
  forfeited: "The time to claim is over; the prize has passed on", void: (why) => `The draw is void: ${why}`, prize_line: (p) => `${p.name} × ${p.count}`, and_more: (n) => ` and others, ${n} in all`,
  not_eligible: { followed: "Press “Follow” at the top of the page first", commented: "Say something in the room first", claimed: "Claim a product first" }, frozen: "Entries are closed", other: (m) => m || "That did not work, please try again",
  f_who: "Open to", who_may: (one) => ({ everyone: "Everybody in the room", followed: "Viewers who follow the shop", commented: "Viewers who said something in the room", claimed: "Viewers who claimed a product" })[one] ?? one,
  f_title: "Draw", f_organiser: "Organiser", f_contact: "Contact", f_prizes: "Prizes", f_conditions: "Who may enter", f_method: "Method", f_opens: "Entries", f_draws: "Draw", f_claim: "Claiming", f_delivery: "Delivery", f_forfeiture: "Forfeiture", f_alternates: "Alternates", f_entropy: "Randomness",
  prize_full: (p, yuan) => `${p.name} (${p.detail}) × ${p.count}, worth ${yuan} each`, alternates: (n) => (n ? `${n}, stepping up in the published order` : "none; what is not claimed is not drawn again"), within: (t) => `within ${t} of winning`,
  e_witnesses: (n, s) => `The house and witnesses each promise a number first and show it after the freeze; at least ${n} witnesses, ${s} s, the house last`, e_beacon: (c, p) => `Public beacon ${c.slice(0, 16)}… (a round every ${p} s); the moment of the freeze decides the round`,
  hours: (n) => `${n} h`, minutes: (n) => `${n} min`, seconds: (n) => `${n} s`,
  p_title: "Proof of the draw", p_question: "Was the result really computed by the published rules? Compute it again in your own browser.", p_verify: "Compute it again in my browser", p_verifying: "Computing…", p_file: "Download the published file", p_choose: "Check a file I have", p_back: "Back to the room",
  p_ok: (n, ms) => `✓ Everything holds. ${n} entrants, root, commitment, seed, winners and alternates computed again in ${ms} ms.`, p_bad: "✗ Something does not hold:", p_self: "This browser's SHA-256 and this page's disagree; nothing can be checked",
  p_before: "Not drawn yet. The hashes below no longer change once published; note them down and compare after the draw.", p_rules: "Rules", p_frozen: "Freeze", p_result: "Result", p_witnesses: "Witnesses", p_entrants: "Entrants", p_proof: "Am I in the list?", p_trust: "What you need to trust",
  k_rules_hash: "Hash of the rules", k_root: "Merkle root of the list", k_commitment: "Commitment", k_frozen_at: "Frozen at", k_entrants: "Frozen entrants", k_entries: "Entries so far", k_seed: "Seed", k_digest: "Digest of the file", k_round: "Beacon round", k_drawn_at: "Drawn at", k_value: "Random value",
  p_find: "Number of an entry", p_check: "Check", p_included: (n, size) => `✓ Number ${n} of ${size} in the frozen list, its Merkle path checked here`, p_excluded: "✗ The path does not lead to the published root", p_unknown: "The frozen list has no such entry", p_mine: "My entry", p_receipt: "Receipt (only you have it)", p_receipt_ok: "Your receipt fits the seal in the list", p_receipt_bad: "Your receipt does not fit the seal in the list",
  p_known_entry: "The list shows numbers of entries and hidden nicknames only.", p_announced: "It is the commitment you noted before the draw", p_saved: "The commitment your browser noted before the draw", p_place: "Place", p_who: "Entrant", p_prize: "Prize", p_state: "State", p_rank: "Rank value", p_alternate: "Alternate", p_nobody: "Nobody entered",
  s_waiting: "to be claimed", s_claimed: "claimed", s_forfeited: "not claimed", s_standby: "alternate", w_shown: "shown", w_absent: "never shown", w_promised: "promised", kind_viewer: "viewer", kind_staff: "staff",
  w_become: "Let me be a witness", w_name: "Name as a witness", w_explain: "Your browser makes a secret number and publishes only its hash; it shows the number after the freeze. One honest witness is enough that nobody can arrange the result. Keep this page or the room open until the draw.", w_done: (n) => `You are the witness “${n}”; your number is shown by itself after the freeze`, w_shown_done: (n) => `You are the witness “${n}”; your number has been shown`, w_lost: (n) => `You are the witness “${n}”, but this device no longer has the secret`,
  t_witnesses: "That at least one witness (or the house itself) kept its number from whoever wants to cheat. The house together with a witness who never showed a number could at most choose between two results – so those are named here.", t_beacon: "This page checks round, value and the signature's hash, not the beacon's BLS signature; compare the value with the one the beacon publishes for this round – if they agree, nobody changed it.", t_names: "Who stands behind a number is kept by the organiser; a winner can show the receipt as proof. A list cannot prove that entrants are real people.",
  t_absent: (names) => `Witnesses who never showed a number: ${names}`, p_compare: "Compare with the beacon", p_compare_ok: "✓ The beacon publishes the same value", p_compare_bad: "✗ The beacon publishes another value", p_compare_away: "The beacon cannot be reached now; compare by hand later", no_draw: "There is no such draw", away: "Cannot be read right now, please reload",
  st_open: "open for entries", st_frozen: "list frozen", st_drawn: "drawn", st_void: "void",
};
export const REASONS = language === "en" ? {
  malformed: "This is not a published draw of Kaibo, or its text was changed", digest_wrong: "The file's digest is wrong: something was changed after publication", version_unknown: "This version of the file is unknown", rules_incomplete: "The rules are incomplete by law, or a prize is over 50,000 yuan", rules_changed: "The rules are not those whose hash was published at the freeze", draw_mixed: "Rules and freeze belong to different draws", frozen_early: "The list was frozen before entries closed", drawn_early: "It was drawn earlier than the rules allow", freeze_inconsistent: "The freeze does not follow from the rules", entrants_disordered: "The entrants are not in order or not unique", entrants_miscounted: "The number of entrants is not the frozen one", root_wrong: "The entrants do not give the published Merkle root", commitment_wrong: "The commitment is not that of the freeze", commitment_not_announced: "The commitment is not the one announced before the draw", house_secret_wrong: "The house's secret does not match its promise", witnesses_changed: "The witnesses are not those of the freeze", witness_secret_wrong: "A witness's secret does not match the promise", reveals_too_few: "Too few witnesses showed their secret", pulse_wrong: "The beacon's round or value is wrong", entropy_mixed: "The entropy is not of the kind the rules name", seed_wrong: "The seed is wrong", winners_wrong: "The winners are not those of the re-computation", alternates_wrong: "The alternates are not those of the re-computation",
} : {
  malformed: "这不是开播公布的抽奖文件，或文件被改动过", digest_wrong: "文件指纹不符：内容在公布后被改动", version_unknown: "不认识这个文件版本", rules_incomplete: "规则不完整或奖品超过 5 万元", rules_changed: "规则与冻结时公布的规则指纹不符", draw_mixed: "规则与冻结记录不属于同一次抽奖", frozen_early: "名单在报名截止前就冻结了", drawn_early: "开奖早于规则允许的时间", freeze_inconsistent: "冻结记录与规则不一致", entrants_disordered: "参与名单有重复或顺序不对", entrants_miscounted: "参与人数与冻结时不符", root_wrong: "参与名单与冻结时公布的 Merkle 根不符", commitment_wrong: "承诺值与冻结记录不符", commitment_not_announced: "承诺值与开奖前公布的不同", house_secret_wrong: "主办方随机数与事先承诺不符", witnesses_changed: "见证人名单与冻结时不符", witness_secret_wrong: "有见证人的随机数与承诺不符", reveals_too_few: "公开随机数的见证人不够", pulse_wrong: "公共随机信标的轮次或数值不符", entropy_mixed: "随机来源与规则不一致", seed_wrong: "种子算错了", winners_wrong: "中奖名单与重新计算的不同", alternates_wrong: "候补名单与重新计算的不同",
};

const words = language === "en" ? en : zh;
export function d(name, ...values) {
  const word = words[name];
  return typeof word === "function" ? word(...values) : word;
}

export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 3600) return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return `${d("hours", Math.floor(whole / 3600))} ${d("minutes", Math.floor((whole % 3600) / 60))}`;
}
