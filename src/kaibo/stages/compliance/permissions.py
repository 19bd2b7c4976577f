"""Who may do what in compliance."""

from kaibo.plumbing.wiring import Ability

SEE = "compliance:matrix:see"
FILE = "compliance:document:file"
CONFIRM = "compliance:document:confirm"
SCREEN = "compliance:text:screen"
RELEASE = "compliance:text:release"
WORDS = "compliance:word:edit"

ABILITIES = (
    Ability(SEE, "查看资质与筛查", "see qualifications and screenings"),
    Ability(FILE, "上传资质", "file qualification documents"),
    Ability(CONFIRM, "核对或作废资质", "confirm or withdraw documents"),
    Ability(SCREEN, "筛查文字", "screen texts"),
    Ability(RELEASE, "放行需要人判断的文字", "release texts that need judgement"),
    Ability(WORDS, "增减自己的词库", "edit the house's own words"),
)
EVERYBODY_WHO_WRITES = (SEE, SCREEN)
ROLES = {
    "compliance": (SEE, FILE, CONFIRM, SCREEN, RELEASE, WORDS),
    "operations": (SEE, FILE, SCREEN, RELEASE, WORDS),
    "selection": EVERYBODY_WHO_WRITES,
    "quality": (SEE, FILE),
    "host": EVERYBODY_WHO_WRITES,
    "control": EVERYBODY_WHO_WRITES,
    "service": EVERYBODY_WHO_WRITES,
}
