"""Is a picture good enough for a page: what can be measured, what a person has to say, how far it is from the competitors'. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kaibo.kit.pictures import HASH_BITS, Measures


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """The thresholds in force: pixels, the ratio of sides, Laplacian variance, shares in basis points, hash bits."""

    least_side_px: int = 800
    ratio_slack_bp: int = 200
    sharpness: int = 80
    white_border_bp: int = 7_000
    busy_bp: int = 1_000
    distance_bits: int = 10
    most_bytes: int = 5_000_000


@dataclass(frozen=True, slots=True)
class PictureRemark:
    """One thing said of a picture: ok, warn or bad, in two languages, with the figure and its limit inside the words."""

    key: str
    state: str
    zh: str
    en: str
    source: str = "LST-4"


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a checklist that only a person can answer."""

    key: str
    zh: str
    en: str


FIRST_SCREEN = (
    Question("who", "一眼看得出给谁用（人群或场景）", "It shows at a glance whom it is for"),
    Question("what", "三秒内认得出是什么商品", "The product is recognised within three seconds"),
    Question("why", "一个卖点看得见，不是一堆", "One selling point is visible, not a heap"),
    Question("single", "主体占画面一半以上，背景不抢", "The product fills half the picture; the background stays behind"),
)
VIDEO = (
    Question("pain", "前三秒拍到痛点场景", "The first three seconds show the problem"),
    Question("solved", "同一镜头里看得到问题解决", "The same shot shows it solved"),
    Question("close", "有材质或做工的近景", "There is a close shot of material or workmanship"),
    Question("silent", "关掉声音也看得懂（有字幕）", "It is understood without sound (subtitles)"),
)
"""LST-1 and LST-4: asked of people, since no measure answers them."""


def questions_of(role: str) -> tuple[Question, ...]:
    return FIRST_SCREEN if role == "main" else VIDEO if role == "video_cover" else ()


def review_picture(role: str, made: Measures, size_bytes: int, competitor_distance: int, limits: PictureLimits) -> list[PictureRemark]:
    """This function will say of every measure whether it holds; `competitor_distance` is 64 when there is nothing to compare with.   Source: LST-1, LST-4."""
    found = [_size(made, limits), _weight(size_bytes, limits), _sharpness(made, limits)]
    if role == "main":
        found += [_ratio(made, limits), _white(made, limits), _busy(made, limits), _difference(competitor_distance, limits)]
    return found


def _size(made: Measures, limits: PictureLimits) -> PictureRemark:
    least = min(made.width, made.height)
    words = (f"{made.width} × {made.height} 像素", f"{made.width} × {made.height} pixels")
    if least >= limits.least_side_px:
        return PictureRemark("size", "ok", *words)
    return PictureRemark("size", "bad", f"{words[0]}，短边不到 {limits.least_side_px}，放大看会糊", f"{words[1]}; the short side is under {limits.least_side_px}")


def _weight(size_bytes: int, limits: PictureLimits) -> PictureRemark:
    kb = size_bytes // 1_000
    if size_bytes <= limits.most_bytes:
        return PictureRemark("weight", "ok", f"文件 {kb:,} KB", f"{kb:,} KB")
    return PictureRemark("weight", "warn", f"文件 {kb:,} KB，超过 {limits.most_bytes // 1_000:,} KB，手机打开慢", f"{kb:,} KB, over {limits.most_bytes // 1_000:,}")


def _sharpness(made: Measures, limits: PictureLimits) -> PictureRemark:
    if made.sharpness >= limits.sharpness:
        return PictureRemark("sharpness", "ok", f"清晰度 {made.sharpness:,}", f"sharpness {made.sharpness:,}")
    return PictureRemark("sharpness", "bad", f"清晰度 {made.sharpness:,}，低于 {limits.sharpness:,}：糊或几乎没有细节", f"sharpness {made.sharpness:,}, below {limits.sharpness:,}: blurred or nearly empty")


def _ratio(made: Measures, limits: PictureLimits) -> PictureRemark:
    ratio_bp = made.width * 10_000 // made.height
    fits = next((name for name, wanted in (("1:1", 10_000), ("3:4", 7_500)) if abs(ratio_bp - wanted) <= limits.ratio_slack_bp), "")
    if fits:
        return PictureRemark("ratio", "ok", f"比例 {fits}", f"ratio {fits}")
    return PictureRemark("ratio", "bad", f"比例 {ratio_bp / 10_000:.2f}，主图要 1:1 或 3:4", f"ratio {ratio_bp / 10_000:.2f}; a main picture is 1:1 or 3:4")


def _white(made: Measures, limits: PictureLimits) -> PictureRemark:
    share = f"{made.white_border_bp // 100} %"
    if made.white_border_bp >= limits.white_border_bp:
        return PictureRemark("white", "ok", f"边框 {share} 是白底", f"{share} of the border is white")
    return PictureRemark("white", "warn", f"边框只有 {share} 是白底：做场景图可以，白底图位不行", f"only {share} of the border is white: fine as a scene, not as the white-background picture")


def _busy(made: Measures, limits: PictureLimits) -> PictureRemark:
    share = f"{made.busy_bp // 100} %"
    if made.busy_bp <= limits.busy_bp:
        return PictureRemark("busy", "ok", f"文字或密纹约占 {share}", f"text or fine pattern on about {share}")
    return PictureRemark("busy", "warn", f"文字或密纹约占 {share}，超过 {limits.busy_bp // 100} %（“牛皮癣”）", f"text or fine pattern on about {share}, over {limits.busy_bp // 100} %")


def _difference(bits: int, limits: PictureLimits) -> PictureRemark:
    if bits >= HASH_BITS:
        return PictureRemark("difference", "warn", "还没有竞品主图可比：先传三张竞品主图", "No competitor pictures to compare with yet: add three")
    if bits > limits.distance_bits:
        return PictureRemark("difference", "ok", f"和最像的竞品主图差 {bits} / 64 位", f"{bits} of 64 bits from the nearest competitor picture")
    return PictureRemark("difference", "bad", f"和一张竞品主图几乎一样（只差 {bits} / 64 位）", f"nearly the same as a competitor's picture ({bits} of 64 bits apart)")


def checklist(role: str, remarks: Sequence[PictureRemark], answers: Mapping[str, bool]) -> tuple[int, int, int]:
    """This function will count a picture's checklist: what holds, what does not, what nobody has answered yet.   Source: LST-1."""
    questions = questions_of(role)
    answered = [answers[one.key] for one in questions if one.key in answers]
    holds = sum(one.state == "ok" for one in remarks) + sum(answered)
    fails = sum(one.state != "ok" for one in remarks) + sum(not one for one in answered)
    return holds, fails, len(questions) - len(answered)
