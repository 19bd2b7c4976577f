// The words of paying, addresses and the waitlist.
import { language } from "./words.js";

const zh = {
  pay_now: (a) => `去付款 ${a}`, continue_pay: (a) => `付款 ${a}`, give_address: "填写收货地址", change_address: "修改收货地址", wait: "有人退单时通知我（候补）",
  waiting: (n) => (n ? `候补中，前面还有 ${n} 人` : "候补中，你排在最前面"), leave: "不等了", offered: "轮到你了！商品已为你留好", limit_reached: "候补结束：已达到每人限购件数",
  wait_closed: "候补结束：商品已收场", title: "付款与收货", address: "收货地址", name: "收件人", phone: "手机号", detail: "省市区与详细地址",
  address_note: "地址加密保存，只有发货时会用到。", address_given: "✓ 收货地址已填写", channel: "支付方式", save: "保存地址", saving: "正在保存…", opening: "正在打开付款页…",
  coupons: "优惠券", less: (a) => `券前 ${a}`, a_coupon_in_use: "这张券已用在另一单上。", a_coupon_over: "这张券已过期。", a_amount_fixed: "付款已经打开，这种支付方式的金额不能再变；换一种支付方式可以用券。",
  left: (t) => `还剩 ${t}`, time_over: "付款时间已过，商品已放回", unpaid: "待付款", paid: "已付款，等待发货", expired: "超时未付，已取消", refunding: "退款处理中", refunded: "已退款",
  confirming: "付款结果确认中…", code: "请用手机微信扫码付款，付好后这里会自动更新", refund_note: "付款时商品已经没有了，钱会原路退回。", from_wait: "候补", add_address: "还差收货地址",
  a_claim_expired: "付款时间已过，商品已放回。", a_already_paid: "这一单已经付过款了。", a_too_fast: "点得太快了，请稍等几秒。", a_channel_away: "支付渠道暂时没有回应，请稍后再试或换一种方式。",
  a_not_readable: "请检查收件人、手机号和地址（至少 5 个字）。", a_not_sold_out: "现在还有货，可以直接抢。", a_limit_reached: "已达到每人限购件数。", a_not_on_sale: "这件商品现在不在售。", a_other: "没有成功，请再试一次。",
};
const en = {
  pay_now: (a) => `Pay ${a}`, continue_pay: (a) => `Pay ${a}`, give_address: "Give your address", change_address: "Change the address", wait: "Tell me when units come back (waitlist)",
  waiting: (n) => (n ? `On the waitlist, ${n} before you` : "On the waitlist, you are first"), leave: "Leave", offered: "Your turn! The units are kept for you", limit_reached: "Waitlist over: you reached the limit per person",
  wait_closed: "Waitlist over: the item is closed", title: "Payment and delivery", address: "Delivery address", name: "Name", phone: "Phone", detail: "Province, city, district and street",
  address_note: "Your address is kept encrypted and only used for delivery.", address_given: "✓ Address given", channel: "Pay with", save: "Save the address", saving: "Saving…", opening: "Opening the payment page…",
  coupons: "Coupon", less: (a) => `before coupon ${a}`, a_coupon_in_use: "This coupon is used for another claim.", a_coupon_over: "This coupon is over.", a_amount_fixed: "The payment is open and its amount stays; another way to pay can use the coupon.",
  left: (t) => `${t} left`, time_over: "The time to pay is over; the units went back", unpaid: "Unpaid", paid: "Paid, will be sent", expired: "Not paid in time, cancelled", refunding: "Refund on its way", refunded: "Refunded",
  confirming: "Confirming your payment…", code: "Scan with WeChat on your phone to pay; this page follows by itself", refund_note: "The units were gone when you paid; your money goes back the way it came.", from_wait: "waitlist", add_address: "Address missing",
  a_claim_expired: "The time to pay is over and the units went back.", a_already_paid: "This is paid already.", a_too_fast: "Too fast; wait a few seconds.", a_channel_away: "The payment channel does not answer; try again or choose another way.",
  a_not_readable: "Please check name, phone and address (at least 5 characters).", a_not_sold_out: "There are units left: claim one.", a_limit_reached: "You reached the limit per person.", a_not_on_sale: "This product is not on sale now.", a_other: "That did not work, please try again.",
};
const words = language === "en" ? en : zh;

export function pt(name, ...values) {
  const word = words[name];
  return typeof word === "function" ? word(...values) : word;
}

export function said(refusal) {
  const code = refusal?.code?.split(".").pop();
  return words[`a_${code}`] ?? (refusal?.status ? refusal.message || words.a_other : words.a_other);
}
