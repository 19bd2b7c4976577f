"""What a shop gets of the people it sends to, where the platform keeps them to itself: the same words for several platforms."""

SEALED = (
    "姓名、电话、门牌是密文，另有平台给的脱敏（如 林* 138****5678）。解密要另外向平台申请，额度很小，这里不解密也不需要：发货用平台的电子面单，面单文件里带着订单号和密文；核验不会因为密文报错。",
    ("Name, phone and door are ciphertext beside the platform's own mask (林* 138****5678). Decryption must be applied for and is scarce; it is neither done nor needed here: "
     "parcels leave with the platform's electronic waybill, and the label file carries order number and ciphertext. Verification does not complain of it."),
)
SEALED_IN_CLOUD = (
    f"{SEALED[0]}平台的解密接口只在它自己的云里可用（云外每 10 秒 1 次、每天 100 次），所以没有对接。发货后平台会收回收件人，已存的密文保留。",
    (f"{SEALED[1]} The platform's decryption works inside its own cloud only (outside once in 10 s, 100 times a day), so it is not called. After shipping the platform takes "
     "receivers back; what was kept stays."),
)
READABLE = (
    "收件人可读，加密保存在这里，页面上遮蔽；查看明文要写原因并记入审计。",
    "Receivers are readable, kept encrypted here and masked on pages; seeing them takes a reason and is recorded.",
)
