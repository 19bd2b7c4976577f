// Inside WeChat's browser: hand the order over, then go back; whether money came in, the room hears from WeChat Pay, not from here.
const { order, back } = document.body.dataset;
const state = document.getElementById("state");

function pay() {
  window.WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(order), ({ err_msg: said }) => {
    if (said === "get_brand_wcpay_request:ok") { location.replace(back); return; }
    state.textContent = said === "get_brand_wcpay_request:cancel" ? "已取消，没有付款 Cancelled, nothing was paid" : "没有付成，请回到直播间再试 Not paid, go back and try again";
  });
}

if (order) {
  if (window.WeixinJSBridge) pay();
  else document.addEventListener("WeixinJSBridgeReady", pay, { once: true });
}
