"""What the shell tells about itself: its pages, and the abilities of upkeep."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Ability, Page, Stage

JOB_SEE = "console:job:see"
THRESHOLD_CHANGE = "console:threshold:change"

MANIFEST = Stage(
    key="console",
    pages=(Page(_("阈值"), "thresholds"), Page(_("失败任务"), "jobs", ability=JOB_SEE)),
    abilities=(
        Ability(THRESHOLD_CHANGE, "修改阈值", "change thresholds"),
        Ability(JOB_SEE, "查看失败任务", "see failed jobs"),
        Ability("console:job:retry", "重试失败任务", "retry failed jobs"),
        Ability("console:audit:see", "查看审计", "see the audit trail"),
        Ability("console:api_token:make", "生成 API 令牌", "make API tokens"),
        Ability("console:person_data:erase", "删除个人信息", "erase personal data"),
        Ability("console:import:run", "导入表格", "import spreadsheets"),
    ),
    roles={
        "operations": (THRESHOLD_CHANGE, JOB_SEE, "console:job:retry", "console:import:run", "console:api_token:make"),
        "analyst": ("console:audit:see", "console:import:run", "console:api_token:make"),
        "selection": ("console:import:run",),
        "quality": ("console:import:run",),
        "compliance": ("console:audit:see", "console:import:run"),
        "service": ("console:import:run",),
        "warehouse": ("console:import:run",),
        "technician": (JOB_SEE, "console:job:retry"),
    },
)
