"""What the shell itself lets people do."""

from kaibo.plumbing.wiring import Ability, Stage

MANIFEST = Stage(
    key="console",
    abilities=(
        Ability("console:threshold:change", "修改阈值", "change thresholds"),
        Ability("console:job:see", "查看失败任务", "see failed jobs"),
        Ability("console:job:retry", "重试失败任务", "retry failed jobs"),
        Ability("console:audit:see", "查看审计", "see the audit trail"),
        Ability("console:api_token:make", "生成 API 令牌", "make API tokens"),
        Ability("console:person_data:erase", "删除个人信息", "erase personal data"),
        Ability("console:import:run", "导入表格", "import spreadsheets"),
    ),
    roles={
        "operations": ("console:threshold:change", "console:job:see", "console:job:retry", "console:import:run", "console:api_token:make"),
        "analyst": ("console:audit:see", "console:import:run", "console:api_token:make"),
        "selection": ("console:import:run",),
        "quality": ("console:import:run",),
        "compliance": ("console:audit:see", "console:import:run"),
        "service": ("console:import:run",),
        "warehouse": ("console:import:run",),
        "technician": ("console:job:see", "console:job:retry"),
    },
)
