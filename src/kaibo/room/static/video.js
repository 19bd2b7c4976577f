// Plays the room's picture: natively where the browser can, else with hls.js, which is fetched only then.

export function play(video, address, onFailure) {
  video.onerror = onFailure;
  const isPlaylist = new URL(address, location.href).pathname.endsWith(".m3u8");
  if (!isPlaylist || video.canPlayType("application/vnd.apple.mpegurl")) {
    video.src = address;
    return;
  }
  const script = document.createElement("script");
  script.src = "/static/vendor/hls.light.min.js";
  script.onerror = onFailure;
  script.onload = () => {
    const { Hls } = window;
    if (!Hls?.isSupported()) { onFailure(); return; }
    const player = new Hls({ liveSyncDurationCount: 2 });
    player.on(Hls.Events.ERROR, (_, trouble) => { if (trouble.fatal) { player.destroy(); onFailure(); } });
    player.loadSource(address);
    player.attachMedia(video);
  };
  document.head.append(script);
}
