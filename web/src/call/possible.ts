/** Whether this browser has WebRTC. */
export function isCallPossible(): boolean {
  return typeof RTCPeerConnection === "function";
}
