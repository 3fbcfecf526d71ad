// Which browser this is, only to name the place where it keeps its permissions. Pure. Nothing else depends on it.

/** The families whose settings differ. `app`: the browser inside another app, which often gives pages no camera. */
export type Browser = "chromium" | "firefox" | "safari" | "android" | "androidFirefox" | "ios" | "app";

/** Apps that open links in a browser of their own (their names in the user agent), and Android's WebView. */
const APPS = /\b(FBAN|FBAV|FB_IAB|Instagram|Line\/|MicroMessenger|musical_ly|BytedanceWebview|Snapchat|Pinterest|LinkedInApp|Twitter|GSA\/)|; wv\)/;

/** The family of a user agent. An iPad calls itself a Mac, but has a touch screen. */
export function browserOf(agent: string, touchPoints: number): Browser {
  if (APPS.test(agent)) return "app";
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) return "ios";
  if (/Android/.test(agent)) return /Firefox/.test(agent) ? "androidFirefox" : "android";
  if (/Firefox/.test(agent)) return "firefox";
  return /Safari/.test(agent) && !/Chrom/.test(agent) ? "safari" : "chromium";
}
