// Plays the room's picture, and keeps trying: a break of the encoder must not leave a viewer with a dead picture.
// hls.js is fetched only when there is a playlist to play. It is preferred to the browser's own HLS wherever it can run,
// because a native one that gives up cannot be told to go on; where it cannot (iPhone), the native one plays.

const TRY_AGAIN_MS = 3000;
let player = null;
let waiting = 0;
let current = "";

export function stop(video) {
  current = "";
  drop();
  if (video.hasAttribute("src")) { video.removeAttribute("src"); video.load(); }
}

// `told.onTrouble` is called when the picture stops, `told.onPicture` when it (again) moves.
export function play(video, address, told) {
  if (address === current) return;
  stop(video);
  current = address;
  video.onplaying = told.onPicture;
  start(video, address, told);
}

function start(video, address, told) {
  const isPlaylist = new URL(address, location.href).pathname.endsWith(".m3u8");
  if (isPlaylist && window.MediaSource) {
    withHls((Hls) => { if (address === current) playByScript(Hls, video, address, told); }, () => failed(video, address, told));
    return;
  }
  video.onerror = () => failed(video, address, told);
  video.src = address;
  video.play().catch(() => {});
}

function playByScript(Hls, video, address, told) {
  player = new Hls({ liveSyncDurationCount: 2 });
  player.on(Hls.Events.ERROR, (_, trouble) => { if (trouble.fatal) failed(video, address, told); });
  player.loadSource(address);
  player.attachMedia(video);
  video.play().catch(() => {});
}

function failed(video, address, told) {
  if (address !== current) return;
  drop();
  told.onTrouble();
  waiting = setTimeout(() => { if (address === current) start(video, address, told); }, TRY_AGAIN_MS);
}

function drop() {
  clearTimeout(waiting);
  player?.destroy();
  player = null;
}

function withHls(use, onFailure) {
  if (window.Hls?.isSupported()) { use(window.Hls); return; }
  const script = document.createElement("script");
  script.src = "/static/vendor/hls.light.min.js";
  script.onerror = () => { script.remove(); onFailure(); };
  script.onload = () => { if (window.Hls?.isSupported()) use(window.Hls); else onFailure(); };
  document.head.append(script);
}
