"""Who may see members and take them out to be contacted."""

from kaibo.plumbing.wiring import Ability

SEE = "members:member:see"
IMPORT = "members:purchase:import"
SCORE = "members:member:score"
CONSENT = "members:consent:record"
OFFER = "members:offer:change"
CONTACT = "members:contact:export"
EXPORT = "members:segment:export"

ABILITIES = (
    Ability(SEE, "查看会员与分层", "see members and segments"),
    Ability(IMPORT, "导入购买历史", "import purchase history"),
    Ability(SCORE, "重算会员分层", "score members again"),
    Ability(CONSENT, "登记同意与退订", "record consent and opt-out"),
    Ability(OFFER, "修改分层权益", "change a segment's offer"),
    Ability(CONTACT, "导出触达名单（含个人信息）", "take out contact lists (personal data)"),
    Ability(EXPORT, "导出分层（脱敏）", "export segments (masked)"),
)
ROLES = {
    "operations": (SEE, IMPORT, SCORE, CONSENT, OFFER, CONTACT, EXPORT),
    "analyst": (SEE, IMPORT, SCORE, EXPORT),
    "service": (SEE, CONSENT),
    "selection": (SEE,),
    "compliance": (SEE,),
}
