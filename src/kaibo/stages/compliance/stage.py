"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.compliance.exports import LIKENESSES_OUT, QUALIFICATIONS_OUT, REQUIREMENTS_OUT, RIGHTS_OUT, STRUCK_OUT
from kaibo.stages.compliance.gates import gate
from kaibo.stages.compliance.hurdles import hurdles_of
from kaibo.stages.compliance.imports import QUALIFICATIONS, REQUIREMENTS
from kaibo.stages.compliance.permissions import ABILITIES, ROLES, SCREEN, SEE
from kaibo.stages.compliance.search import search
from kaibo.stages.compliance.today import badge, today
from kaibo.stages.compliance.word_files import HOUSE_WORDS, HOUSE_WORDS_OUT

STAGE = Stage(
    key="compliance",
    pages=(
        Page(_("资质矩阵"), "compliance:matrix", SEE),
        Page(_("资质文件"), "compliance:documents", SEE),
        Page(_("资质要求"), "compliance:requirements", SEE),
        Page(_("合规要办的事"), "compliance:todo", SEE),
        Page(_("公示与标识"), "compliance:shown", SEE),
        Page(_("价格卫士"), "compliance:prices", SEE),
        Page(_("知识产权登记"), "compliance:rights", SEE),
        Page(_("图片与标题相似"), "compliance:likenesses", SEE),
        Page(_("文字筛查"), "compliance:screening", SCREEN),
        Page(_("自己的词库"), "compliance:words", SCREEN),
    ),
    abilities=ABILITIES,
    roles=ROLES,
    gate=gate,
    search=search,
    today=today,
    badge=badge,
    hurdles=hurdles_of,
    imports=(QUALIFICATIONS, REQUIREMENTS, HOUSE_WORDS),
    exports=(QUALIFICATIONS_OUT, REQUIREMENTS_OUT, RIGHTS_OUT, LIKENESSES_OUT, STRUCK_OUT, HOUSE_WORDS_OUT),
    thresholds=(Threshold("compliance.expiry_warn_days", 30, "days", "资质到期前几天变黄", "Days before its end a document turns amber", "CMP-1，天数为本店约定"),),
)
