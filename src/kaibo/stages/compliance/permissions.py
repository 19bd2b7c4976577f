"""Who may do what in compliance."""

from kaibo.plumbing.wiring import Ability

SEE = "compliance:matrix:see"
FILE = "compliance:document:file"
CONFIRM = "compliance:document:confirm"
SCREEN = "compliance:text:screen"
RELEASE = "compliance:text:release"
WORDS = "compliance:word:edit"
MATRIX = "compliance:matrix:edit"
RIGHTS = "compliance:ip:keep"
LIKENESS = "compliance:likeness:decide"
COMPARE = "compliance:price:compare"

ABILITIES = (
    Ability(SEE, "查看资质与筛查", "see qualifications and screenings"),
    Ability(FILE, "上传资质", "file qualification documents"),
    Ability(CONFIRM, "核对或作废资质", "confirm or withdraw documents"),
    Ability(SCREEN, "筛查文字", "screen texts"),
    Ability(RELEASE, "放行需要人判断的文字", "release texts that need judgement"),
    Ability(WORDS, "增减自己的词库", "edit the house's own words"),
    Ability(MATRIX, "改资质矩阵的行", "edit rows of the qualification matrix"),
    Ability(RIGHTS, "登记知识产权和图片", "keep intellectual property and pictures"),
    Ability(LIKENESS, "判断是否相似侵权", "decide about likenesses"),
    Ability(COMPARE, "设划线价", "set struck-through prices"),
)
EVERYBODY_WHO_WRITES = (SEE, SCREEN)
ROLES = {
    "compliance": (SEE, FILE, CONFIRM, SCREEN, RELEASE, WORDS, MATRIX, RIGHTS, LIKENESS, COMPARE),
    "operations": (SEE, FILE, SCREEN, RELEASE, WORDS, RIGHTS, COMPARE),
    "selection": (*EVERYBODY_WHO_WRITES, RIGHTS),
    "quality": (SEE, FILE),
    "host": EVERYBODY_WHO_WRITES,
    "control": EVERYBODY_WHO_WRITES,
    "service": EVERYBODY_WHO_WRITES,
}
