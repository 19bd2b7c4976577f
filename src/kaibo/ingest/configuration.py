"""The configuration of nginx: RTMP in, HLS out, recordings kept, every push asked for at the gate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kaibo.ingest.keys import SOURCES
from kaibo.kit.errors import Invalid

FRAGMENT_SECONDS = 2
PLAYLIST_SECONDS = 12
SILENT_PUBLISHER_SECONDS = 10
"""nginx lets go of an encoder that has been silent this long, so that it can come back on a new connection."""


class FolderUnfit(Invalid):
    code = "ingest.folder_unfit"
    message_zh = "数据文件夹 {folder} 的名字里有引号或换行，nginx 不能用它：请用 KAIBO_DATA 换一个"
    message_en = "The data folder {folder} has a quote or a line break in its name, which nginx cannot take: choose another with KAIBO_DATA"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands and listens."""

    folder: Path
    module: Path
    bind: str
    rtmp_port: int
    media_port: int
    gate_port: int
    socket: Path
    """Where nginx answers about its streams, for our own process only; a socket's path may have about 100 bytes."""
    user: str = ""
    """The account of nginx's workers when the master runs as root; empty otherwise."""

    @property
    def file(self) -> Path:
        return self.folder / "nginx.conf"

    @property
    def hls(self) -> Path:
        return self.folder / "hls"

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"


def written(layout: Layout) -> str:
    """This function will give the text of nginx.conf.   Raises: FolderUnfit."""
    if any(character in str(layout.folder) for character in '"\n\r\\$;{}'):
        raise FolderUnfit(folder=str(layout.folder))
    bind = f"[{layout.bind}]" if ":" in layout.bind else layout.bind
    gate = f"http://127.0.0.1:{layout.gate_port}"
    temporary = "\n".join(
        f'  {kind}_temp_path "{layout.folder}/temporary/{kind}";' for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""# Written by kaibo media at every start; edits are lost.
load_module "{layout.module}";
{f"user {layout.user};" if layout.user else "# runs as whoever started it"}
daemon off;
worker_processes 1;
pid "{layout.folder}/nginx.pid";
error_log "{layout.folder}/logs/nginx.log" warn;
events {{ worker_connections 4096; }}
rtmp {{
  server {{
    listen {bind}:{layout.rtmp_port};
    chunk_size 4096;
    ping 5s;
    ping_timeout 5s;
{"".join(_application(layout, source, gate) for source in SOURCES)}  }}
}}
http {{
  access_log off;
  sendfile on;
{temporary}
  server {{
    listen {bind}:{layout.media_port};
    location /hls/ {{
      root "{layout.folder}";
      types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
      add_header access-control-allow-origin * always;
      add_header cache-control no-cache;
    }}
    location = /health {{ proxy_pass {gate}; }}
    location = /metrics {{ allow 127.0.0.1; allow ::1; deny all; proxy_pass {gate}; }}
    location / {{ return 404; }}
  }}
  server {{
    listen "unix:{layout.socket}";
    location = /stat {{ rtmp_stat all; }}
    location /control {{ rtmp_control all; }}
  }}
}}
"""


def _application(layout: Layout, source: str, gate: str) -> str:
    return f"""    application {source} {{
      live on;
      wait_key on;
      allow publish all;
      deny play all;
      drop_idle_publisher {SILENT_PUBLISHER_SECONDS}s;
      on_publish {gate}/publish;
      on_publish_done {gate}/publish-done;
      on_record_done {gate}/recorded;
      notify_method post;
      hls on;
      hls_path "{layout.hls}/{source}";
      hls_fragment {FRAGMENT_SECONDS}s;
      hls_playlist_length {PLAYLIST_SECONDS}s;
      record all;
      record_path "{layout.recordings}";
      record_suffix -{source}-%Y%m%d-%H%M%S.flv;
    }}
"""
